import numpy as np
import pytest
from scipy.sparse import csr_matrix

from taxonomy.regression import fit, softmax


def test_probabilities_add_up_even_of_great_scores() -> None:
    shares = softmax(np.array([[1000.0, 1000.0, -1000.0]]))
    assert shares == pytest.approx(np.array([[0.5, 0.5, 0.0]]))


def test_it_learns_what_can_be_learnt_and_follows_weights() -> None:
    rows = csr_matrix(np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]))
    labels, weights = np.array([0, 1, 0]), np.array([1.0, 3.0, 1.0])
    solution = fit(rows, labels, weights, 2, decay=1e-6, steps=50)
    shares = softmax(rows @ solution)
    assert shares[0, 0] > 0.99
    assert shares[1] == pytest.approx([0.25, 0.75], abs=0.01)
