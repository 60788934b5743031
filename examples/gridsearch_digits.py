"""A network of logic gates among scikit-learn's classifiers: GridSearchCV over its size."""

from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split

from lilogic import LogicClassifier

samples, labels = load_digits(return_X_y=True)  # float64 [samples, 64] of 0 to 16
train_x, test_x, train_y, test_y = train_test_split(
    samples, labels, test_size=0.2, stratify=labels, random_state=0
)

# Each node is a lookup table of six inputs, one LUT6 of an FPGA.
grid = {"layers": [[50], [100]]}
search = GridSearchCV(LogicClassifier(bits=3, epochs=10, random_state=0), grid, cv=2)
search.fit(train_x, train_y)

for tried, accuracy in zip(
    search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True
):
    print(f"{tried}: {accuracy:.1%}")
print(f"best: {search.best_params_}, {search.score(test_x, test_y):.1%} of the test samples")

# The best one is a model like any other: model.save("digits.lgn"), model.compile("build").
model = search.best_estimator_.model_
print(f"{len(model.graph.roots)} lookup tables")
