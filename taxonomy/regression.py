"""Multinomial logistic regression on sparse rows. Only the training of the labeller needs it."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def softmax(scores: Floats) -> Floats:
    """Returns probabilities along the last axis."""
    power = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return power / power.sum(axis=-1, keepdims=True)


def fit(
    rows: csr_matrix, labels: Ints, weights: Floats, classes: int, *, decay: float, steps: int
) -> Floats:
    """Returns the weights of a classifier, columns x classes.

    Args:
        rows: the features of each example.
        labels: the class of each example.
        weights: how much each example counts.
        classes: how many classes there are.
        decay: weight of the squared norm of the solution.
        steps: how many steps to take; fewer keep the solution smaller.
    """
    shape = (rows.shape[1], classes)
    share = (weights / weights.sum())[:, None]
    turned = rows.T.tocsr()
    examples = np.arange(len(labels))

    def loss_and_slope(flat: Floats) -> tuple[float, Floats]:
        solution = flat.reshape(shape)
        likely = softmax(rows @ solution)
        loss = -float(share[:, 0] @ np.log(likely[examples, labels] + 1e-300))
        likely[examples, labels] -= 1
        slope = turned @ (likely * share) + decay * solution
        return loss + decay / 2 * float(flat @ flat), slope.ravel()

    found = minimize(
        loss_and_slope,
        np.zeros(shape[0] * shape[1]),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": steps, "maxcor": 8, "ftol": 0.0, "gtol": 0.0},
    )
    solution: Floats = found.x.reshape(shape)
    return solution
