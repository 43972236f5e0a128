"""Words for what `visionmq face` takes, for people and for the shell's completion."""

from typing import Final

WANTS: Final = {
    "overlay": "the picture with each face, its points and what was judged",
    "crops": "each face upright, as it was encoded",
    "*": "all of them",
}
SEVERAL: Final = {
    "prominent": "take the most prominent face, and say so",
    "refuse": "answer several_faces",
}
CALIBRATIONS: Final = {
    "auto": "the collection's own where it was calibrated, else the release's",
    "shipped": "that of the release",
    "gallery": "the collection's own, of `face calibrate`",
}
UNKNOWN: Final = {
    "above_threshold": "nobody is near enough",
    "margin_too_small": "two are too nearly as near",
    "empty_gallery": "nobody is enrolled",
}
ISSUES: Final = {
    "no_face": "no face",
    "several_faces": "several faces",
    "face_too_small": "too small",
    "face_blurred": "blurred",
    "face_turned": "turned away",
    "face_occluded": "covered",
}
"""Error codes of faces in two words; an unknown one is shown as it is."""
ACTIONS: Final = {
    "look_straight": "Look straight into the camera.",
    "turn_left": "Turn your head to your left.",
    "turn_right": "Turn your head to your right.",
    "blink": "Close both eyes for a moment.",
}


def _starting(words: dict[str, str], start: str) -> list[tuple[str, str]]:
    return [(word, text) for word, text in words.items() if word.startswith(start.lower())]


def complete_want(incomplete: str) -> list[tuple[str, str]]:
    """Return the pictures that begin so."""
    return _starting(WANTS, incomplete)


def complete_several(incomplete: str) -> list[tuple[str, str]]:
    """Return the ways to take several faces that begin so."""
    return _starting(SEVERAL, incomplete)


def complete_calibration(incomplete: str) -> list[tuple[str, str]]:
    """Return the calibrations that begin so."""
    return _starting(CALIBRATIONS, incomplete)


def issue(code: str) -> str:
    """Return an error code of faces in words."""
    return ISSUES.get(code, code.replace("_", " "))
