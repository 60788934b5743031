"""A LogicNet in a plain PyTorch loop: trained, frozen, and the same ever after."""

import numba
import torch
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

import lilogic
from lilogic.data import datasets, fitting

EPOCHS = 30
torch.manual_seed(0)
# A step of so small a network is over before several threads have agreed on their shares.
numba.set_num_threads(1)  # computes the layers
torch.set_num_threads(1)  # computes the rest

# An encoder makes bits of samples: here, each pixel is compared with three thresholds.
data = datasets.load("digits")  # uint8 [samples, 8, 8]
encoder = fitting.fit(data.x_train, bits=3)
bits = torch.from_numpy(encoder.encode(data.x_train))  # bool [samples, 192]
labels = torch.from_numpy(data.y_train)
loader = DataLoader(TensorDataset(bits, labels), batch_size=64, shuffle=True, drop_last=True)

# Two layers of 400 gates; each wire chooses among 16 rows of the layer below.
net = lilogic.LogicNet(encoder.n_bits, [400, 400], data.n_classes, candidates=16, tau=5.0)
optimizer = torch.optim.Adam(net.parameters(), lr=0.03)
rate = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS * len(loader), eta_min=0.003)

# Sharpens the choices, and replaces weak candidates by rows that would lower the loss.
annealing = lilogic.Annealing(net, optimizer, lilogic.TrainRecipe(epochs=EPOCHS), len(loader))

for epoch in range(1, EPOCHS + 1):
    for x, y in loader:
        annealing.begin_step()
        loss = cross_entropy(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        annealing.end_step()
        rate.step()
    if epoch % 10 == 0:
        print(f"epoch {epoch}: loss {loss.item():.3f}")

# What is frozen computes what the network does with hard choices, bit for bit.
net.eval()
model = lilogic.freeze(net, encoder, name="digits-loop", class_names=data.class_names)
with torch.no_grad():
    hard = net(torch.from_numpy(encoder.encode(data.x_test)), lilogic.HARD)
assert (model.predict(data.x_test) == hard.argmax(1).numpy()).all()
accuracy = model.evaluate(data.x_test, data.y_test)
print(f"{model.graph.n_gates} gates, {accuracy:.1%} of the test samples")

# From here on it is a model like any other: model.save("digits.lgn"), model.compile("build").
