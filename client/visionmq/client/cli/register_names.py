"""Words for what `visionmq register` takes, for people and for the shell's completion."""

from typing import Final

ALGORITHMS: Final = {
    "auto": "the cheapest that gives a matrix one can trust",
    "sift": "most robust to scale and light",
    "orb": "fastest",
    "akaze": "binary, on edges that last",
    "brisk": "binary, over scales",
    "surf": "as SIFT, on boxes",
}
TRANSFORMS: Final = {
    "homography": "any view of a plane (8 numbers)",
    "affine": "parallels stay parallel (6)",
    "similarity": "turned, scaled and moved (4)",
    "translation": "moved only (2)",
}
ESTIMATORS: Final = {
    "magsac": "MAGSAC++: no sharp bound between inliers and outliers",
    "ransac": "the one with most inliers",
    "lmeds": "least median of squares; over half must be inliers",
    "rho": "RANSAC with early exit",
}
WANTS: Final = {
    "overlay": "the user's picture half transparent on the model, outlined",
    "matches": "both pictures, inliers green and outliers red",
    "warped": "the user's picture in the model's frame",
    "red_green": "the model in red, the user's in green",
    "checkerboard": "squares of both by turns",
    "layer": "the warped picture, transparent around",
    "difference": "how far they differ, light evened",
    "*": "all of them",
}
BLENDS: Final = {
    "bands": "light evened, seam hidden",
    "feather": "light evened, one soft seam",
    "none": "the user's picture on top as it is",
}
SHAPES: Final = {
    "new": "as the service answers",
    "old": "as the replaced service answered: ok, payload, status",
}


def _starting(words: dict[str, str], start: str) -> list[tuple[str, str]]:
    return [(word, text) for word, text in words.items() if word.startswith(start.lower())]


def complete_algorithm(incomplete: str) -> list[tuple[str, str]]:
    """Return the algorithms that begin so."""
    return _starting(ALGORITHMS, incomplete)


def complete_transform(incomplete: str) -> list[tuple[str, str]]:
    """Return the transforms that begin so."""
    return _starting(TRANSFORMS, incomplete)


def complete_estimator(incomplete: str) -> list[tuple[str, str]]:
    """Return the estimators that begin so."""
    return _starting(ESTIMATORS, incomplete)


def complete_want(incomplete: str) -> list[tuple[str, str]]:
    """Return the pictures that begin so."""
    return _starting(WANTS, incomplete)


def complete_blend(incomplete: str) -> list[tuple[str, str]]:
    """Return the ways to blend that begin so."""
    return _starting(BLENDS, incomplete)


def complete_shape(incomplete: str) -> list[tuple[str, str]]:
    """Return the shapes of results that begin so."""
    return _starting(SHAPES, incomplete)
