"""Codes of states, organisations and nationalities as machine-readable zones carry them; names are in `countries.py`.

Sources: ISO 3166-1 alpha-3 (the letters only); ICAO Doc 9303-3, section 5, parts A to D; codes seen on real
documents against or before the standard are listed apart, each with where it is seen.
"""

from typing import Final


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ISO: Final = _words(
    "ABW AFG AGO AIA ALA ALB AND ARE ARG ARM ASM ATA ATF ATG AUS AUT AZE BDI BEL BEN BES BFA BGD BGR BHR BHS BIH "
    "BLM BLR BLZ BMU BOL BRA BRB BRN BTN BVT BWA CAF CAN CCK CHE CHL CHN CIV CMR COD COG COK COL COM CPV CRI CUB "
    "CUW CXR CYM CYP CZE DEU DJI DMA DNK DOM DZA ECU EGY ERI ESH ESP EST ETH FIN FJI FLK FRA FRO FSM GAB GBR GEO "
    "GGY GHA GIB GIN GLP GMB GNB GNQ GRC GRD GRL GTM GUF GUM GUY HKG HMD HND HRV HTI HUN IDN IMN IND IOT IRL IRN "
    "IRQ ISL ISR ITA JAM JEY JOR JPN KAZ KEN KGZ KHM KIR KNA KOR KWT LAO LBN LBR LBY LCA LIE LKA LSO LTU LUX LVA "
    "MAC MAF MAR MCO MDA MDG MDV MEX MHL MKD MLI MLT MMR MNE MNG MNP MOZ MRT MSR MTQ MUS MWI MYS MYT NAM NCL NER "
    "NFK NGA NIC NIU NLD NOR NPL NRU NZL OMN PAK PAN PCN PER PHL PLW PNG POL PRI PRK PRT PRY PSE PYF QAT REU ROU "
    "RUS RWA SAU SDN SEN SGP SGS SHN SJM SLB SLE SLV SMR SOM SPM SRB SSD STP SUR SVK SVN SWE SWZ SXM SYC SYR TCA "
    "TCD TGO THA TJK TKL TKM TLS TON TTO TUN TUR TUV TWN TZA UGA UKR UMI URY USA UZB VAT VCT VEN VGB VIR VNM VUT "
    "WLF WSM YEM ZAF ZMB ZWE"
)
"""ISO 3166-1 alpha-3, 249 codes."""

ICAO: Final = _words(
    "D<< EUE GBD GBN GBO GBP GBS RKS UNA UNK UNO XBA XCC XCE XCO XDC XEC XES XIM XMP XOM XPO XXA XXB XXC XXX UTO"
)
"""ICAO Doc 9303-3, section 5: Germany, British nationalities, organisations, persons without a nationality, Utopia."""

SEEN: Final = _words("BDR CMW INP KOS NTZ WSA XCT XSM XXK ROM YUG SCG ANT TMP ZAR BUR DDR CSK SUN ZIM")
"""Not, or no longer, in either standard, yet printed: former ISO codes (`NTZ`, `ROM` ... `SUN`), specimens (`BDR`,
`CMW`), Interpol (`INP`), Kosovo (`KOS`, `XXK`), Zimbabwe (`ZIM`), Northern Cyprus (`XCT`), the World Service
Authority (`WSA`), the Order of Malta's officials (`XSM`)."""

DRIVING: Final = _words(
    "AUT BEL BGR CYP CZE D<< DEU DNK ESP EST FIN GRC HRV HUN IRL ISL ITA LIE LTU LUX LVA MLT NOR POL PRT ROU SVK SVN "
    "SWE"
)
"""Issuers of driving licences after the European model, other than France and the Netherlands."""

KNOWN: Final = frozenset(ISO) | frozenset(ICAO) | frozenset(SEEN)
"""Every code above, padded with fillers to three characters."""


def is_known(code: str) -> bool:
    """Whether a code, fillers included or not, is in one of the lists."""
    return code.ljust(3, "<") in KNOWN
