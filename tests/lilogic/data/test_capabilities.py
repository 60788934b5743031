import pytest

from lilogic.data.capabilities import BITSLICED, PARALLEL, SERIAL, can_encode, required
from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import Preprocessing
from lilogic.errors import GraphError


def encoder(**fields):
    return Encoder(
        preprocessing=Preprocessing((3,), "uint8"), feature=[0, 1], threshold=[1, 2], **fields
    )


THERMOMETER, DIFFERENCES = encoder(), encoder(minus=[3, 0])
QUANTILE, BOTH = encoder(rank=1), encoder(rank=1, minus=[3, 0])


@pytest.mark.parametrize(
    ("back_end", "made"),
    [(PARALLEL, [THERMOMETER, DIFFERENCES]), (SERIAL, [THERMOMETER]), (BITSLICED, [THERMOMETER])],
)
def test_what_is_made_is_given_back_and_the_rest_refused_in_one_line(back_end, made):
    for each in (THERMOMETER, DIFFERENCES, QUANTILE, BOTH):
        assert can_encode(back_end, each) == (each in made)
        if each in made:
            assert required(back_end, each) is each
            continue
        what = "with a quantile of each sample" if each.rank is not None else "differences"
        with pytest.raises(
            GraphError, match=f"^the encoder compares {what}.*bits|samples"
        ) as error:
            required(back_end, each)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("back_end", [PARALLEL, SERIAL, BITSLICED])
def test_no_encoder_is_refused(back_end):
    with pytest.raises(GraphError, match="the graph has no encoder"):
        required(back_end, None)
