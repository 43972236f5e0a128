"""Names of documents against names of records, whatever way letters were written."""

import pytest

from visionmq.engine.access.names import compare
from visionmq.schemas.case import Agreement

SAME, DIFFERENT, UNKNOWN = Agreement.SAME, Agreement.DIFFERENT, Agreement.UNKNOWN


@pytest.mark.parametrize(
    ("surname", "given", "record", "expected"),
    [
        ("MUELLER", "JUERGEN", "Jürgen Müller", SAME),
        ("MULLER", "JURGEN", "Müller, Jürgen", SAME),
        ("SHCHERBAKOV", "IVAN", "Иван Щербаков", SAME),
        ("OREILLY", "SEAN", "Seán O'Reilly", SAME),
        ("SMITH JONES", "ANNA MARIA", "Anna-Maria Smith-Jones", SAME),
        ("DE LA CRUZ", "JUAN", "Juan DelaCruz", SAME),
        ("DELACRUZ", "JUAN", "Juan Dela Cruz", SAME),
        ("SPECIMEN", "LINA MARIE", "Lina Specimen", SAME),
        ("SPECIMEN", "LINA", "Lina Marie Specimen", DIFFERENT),
        ("SPECIMEN", "", "Specimen", SAME),
        ("SMITH", "JOHN", "John Doe", DIFFERENT),
        ("SMITH", "JOHN", "Jane Smith", DIFFERENT),
        ("DANA", "ANN", "Ann Oana", DIFFERENT),
        ("SMITH", "JOHN", "", UNKNOWN),
        ("", "", "John Smith", UNKNOWN),
        ("WANG", "LI", "王 丽", UNKNOWN),
    ],
)
def test_names_agree_as_the_standard_writes_them(surname: str, given: str, record: str, expected: Agreement) -> None:
    assert compare(surname, given, record) is expected


def test_a_name_that_was_cut_may_begin_a_longer_one() -> None:
    assert compare("SPECIMEN", "LINA MAR", "Lina Marie Specimen") is DIFFERENT
    assert compare("SPECIMEN", "LINA MAR", "Lina Marie Specimen", cut=True) is SAME
