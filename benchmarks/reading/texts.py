"""Legal zones of invented people: names of the world, every format; nothing of it is used in training."""

import datetime
import string

import numpy as np

from visionmq.engine.document.specimen.writer import write_zone

SURNAMES = (
    "Nowakowska,Müller,Sørensen,O'Connor,García Márquez,Nguyễn,Okonkwo,Papadopoulos,Kowalczyk,Yılmaz,Björnsdóttir,Zhao,"
    "Fernández,D'Angelo,Schwarzkopf,Quispe,Ivanova,Abdulrahman,Chaudhry,Tanaka,Kim,Xu,Wójcik,Vandenbroucke,Özdemir,"
    "Hernández Jiménez,Mbeki,Tchaikovskaya,Djoković,Lindqvist,Fitzgerald,Bjørk,Szczepański,Jovanović,Mukherjee,Quigley,"
    "Rodrigues da Silva,Haddad,Weiß,Ekström,Kjær,Zawadzki,Ng,Izquierdo,Gutiérrez,Aliyev,Baxter,Houphouët,Ceaușescu,Vučić"
)
GIVEN = (
    "Anna Maria,José,Zoë,Mohammed,Xiuying,Jürgen,Aleksandra,Nguyen Van,Fatima Zahra,Óscar,Giulia,Katarzyna,Yusuf,Ingrid,"
    "Jean-Pierre,Oluwaseun,Wilhelmina,Priya,Kenji,Svetlana,Rhys,Quentin,Bogdan,Mei,Ezekiel,Valentina,Håkon,Chloé,Dmitri,"
    "Abigail Grace,Femi,Jacqueline,Tomás,Wolfgang,Zbigniew,Leila,Uma,Kofi,Beatriz,Ng,Ludovica,Ximena,Vyacheslav,Gökhan"
)
COUNTRIES = (
    "AUT BEL BRA CAN CHE CHN CZE D DNK EGY ESP FIN FRA GBR GRC IND ITA JPN KEN KOR MEX NGA NOR POL PRT SWE TUR UKR USA "
    "UTO VNM ZAF"
)
FORMATS = ("mrz.mrp", "mrz.td1", "mrz.td2", "mrz.mrva", "mrz.mrvb")


def random_zone(random: np.random.Generator) -> list[str]:
    """Return the lines of one zone."""
    doc_type = str(random.choice(FORMATS, p=(0.4, 0.3, 0.1, 0.1, 0.1)))
    alphabet = string.digits if random.random() < 0.4 else string.digits * 2 + string.ascii_uppercase
    fields = {
        "issuer": str(random.choice(COUNTRIES.split())),
        "nationality": str(random.choice(COUNTRIES.split())),
        "surname": str(random.choice(SURNAMES.split(","))),
        "given_names": str(random.choice(GIVEN.split(","))),
        "number": "".join(random.choice(list(alphabet), int(random.integers(7, 10)))),
        "birth_date": _day(random, 1935, 2020),
        "expiry_date": _day(random, 2027, 2036),
        "gender": str(random.choice(["M", "F", "X"], p=(0.48, 0.48, 0.04))),
    }
    if random.random() < 0.4:
        fields["optional_data"] = "".join(random.choice(list(string.digits + string.ascii_uppercase), 7))
    return write_zone(doc_type, fields)


def _day(random: np.random.Generator, first: int, last: int) -> str:
    start, end = datetime.date(first, 1, 1).toordinal(), datetime.date(last, 12, 31).toordinal()
    return datetime.date.fromordinal(int(random.integers(start, end))).isoformat()
