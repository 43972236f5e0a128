"""Names of brands across packages: which drawings are of one brand, which may not be trained on.

Two rules of different caution. `key` joins drawings into one class and is narrow: a wrong join teaches a lie.
`Barred` keeps drawings out of training and is wide: a brand left out for nothing costs one class of thousands.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_SUFFIXES: Final = (
    "-icon", "-wordmark", "-horizontal", "-vertical", "-dark", "-light", "-plain", "-original", "-line", "-background",
    "-color", "-text", "-brand", "-logo", "-alt", "-mono",
)  # fmt: skip
_ENDINGS: Final = (
    "js", "io", "com", "org", "net", "ai", "dev", "app", "hq", "labs", "cms", "db", "inc", "cloud", "proxy", "linux", "css",
)  # fmt: skip
_SIGNS: Final = {"+": "plus", "#": "sharp", "&": "and"}

SYNONYMS: Final[dict[str, str]] = {
    "twitter": "x", "xtwitter": "x", "golang": "go", "js": "javascript", "ts": "typescript", "cpp": "cplusplus", "nodejs": "node",
    "btc": "bitcoin", "eth": "ethereum", "ada": "cardano", "icp": "internetcomputer", "postgres": "postgresql",
    "vscode": "visualstudiocode", "amazonwebservices": "aws", "k8s": "kubernetes", "osx": "macos", "wasm": "webassembly",
    "arch": "archlinux", "mistral": "mistralai", "rocketchat": "rocketdotchat", "twitterx": "x", "nestjs": "nest",
    "microsoftteams": "msteams", "gcp": "googlecloud", "googlecloudplatform": "googlecloud", "adobexd": "xd", "ktlint": "kotlin",
    "facebookmeta": "meta", "metaai": "meta", "kimiai": "kimi", "moonshot": "moonshotai", "alibabaqwen": "qwen", "md": "markdown",
    "apachekafka": "kafka", "apachespark": "spark", "tailwindcss": "tailwind", "materialui": "mui", "sol": "solana",
}  # fmt: skip
"""Other names of one brand, normalised."""


def normal(name: str) -> str:
    """Return a name in small letters and digits, signs written out: `C++` is `cplusplus`, `Node.js` is `nodejs`."""
    for sign, word in _SIGNS.items():
        name = name.replace(sign, word)
    return re.sub(r"[^a-z0-9]", "", name.lower())


def stem(slug: str) -> str:
    """Return a slug without the endings that tell drawings of one brand apart (`-icon`, `-wordmark`, `-dark`)."""
    ending = next((ending for ending in _SUFFIXES if slug.endswith(ending) and len(slug) > len(ending)), None)
    return slug if ending is None else stem(slug.removesuffix(ending))


def key(name: str) -> str:
    """Return the name of a class: equal for the names of one brand in several packages."""
    plain = normal(stem(name))
    plain = re.sub(r"dot(js|io|com|org|net|ai|dev|app)$", r"\1", plain)
    plain = SYNONYMS.get(plain, plain)
    return plain[:-2] if plain.endswith("js") and len(plain) > 5 else plain


def _forms(name: str) -> set[str]:
    """Return ways of writing a name that a match may go by."""
    plain = normal(stem(name))
    forms = {plain, key(name), SYNONYMS.get(plain, plain)}
    for ending in _ENDINGS:
        forms |= {form.removesuffix(ending).removesuffix("dot") for form in tuple(forms) if len(form) > len(ending) + 2}
    forms |= {form.removeprefix(start) for start in ("apache", "adobe", "the", "get") for form in tuple(forms)}
    return {form for form in forms if form}


_WORD: Final = 4
"""A word of a name of at least this many letters, equal to a barred name, bars it: `visual-studio-docker`."""
_START: Final = 5
"""A barred name of at least this many letters bars whatever begins with it: `githubcopilot`."""


@dataclass(frozen=True, slots=True)
class Barred:
    """Brands that no training or calibration may see, under any of their names."""

    names: frozenset[str]

    @classmethod
    def of(cls, names: Iterable[str]) -> "Barred":
        """Return the barred set of some brands."""
        wide = {form for name in names for form in _forms(name)}
        wide |= {other for other, name in SYNONYMS.items() if name in wide}
        return cls(frozenset(wide))

    def bars(self, names: Iterable[str]) -> bool:
        """Tell whether one of a drawing's names is, contains as a word, or begins with a barred one."""
        return any(self._bars(name) for name in names)

    def _bars(self, name: str) -> bool:
        if _forms(name) & self.names:
            return True
        words = [normal(word) for word in re.split(r"[\s\-_.:/]+", name)]
        if any(len(word) >= _WORD and word in self.names for word in words) or words[0] in self.names:
            return True
        plain = normal(name)
        return any(plain[:length] in self.names for length in range(_START, len(plain)))


def read_names(path: Path) -> list[str]:
    """Return the names in a file of one a line; lines that start with # are comments."""
    lines = (line.strip() for line in path.read_text("utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]
