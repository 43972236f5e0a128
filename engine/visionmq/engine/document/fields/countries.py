"""Countries and other issuers of documents by the codes of the zone (ICAO Doc 9303-3, section 5; ISO 3166-1)."""

from dataclasses import dataclass
from typing import Final

from visionmq.engine.document.mrz.layouts import FILLER


@dataclass(frozen=True, slots=True)
class Country:
    """An issuing state or organisation, or a nationality."""

    code: str
    """As printed in the zone, without fillers: Germany's is `D`."""
    name: str
    """English short name."""
    alpha_2: str | None = None
    """ISO 3166-1, or what it reserves exceptionally; None for codes that are of documents only."""
    alpha_3: str | None = None
    """ISO 3166-1; None for organisations and for persons without a nationality."""
    state: bool = True
    """False for organisations, refugees and specimens."""


def find_country(code: str) -> Country | None:
    """Return what a code of the zone stands for, fillers allowed; None if nobody may use it."""
    return COUNTRIES.get(code.strip(FILLER))


def code_of(text: str) -> str | None:
    """Return the zone's code for a code, an ISO code of two or three letters or an English name; None if unknown."""
    wanted = text.strip().casefold()
    if wanted.upper() in COUNTRIES:
        return wanted.upper()
    for code, country in COUNTRIES.items():
        # GBD and the like share the two letters of GBR, and stand after it.
        if wanted and wanted in {country.name.casefold(), (country.alpha_2 or "").casefold()}:
            return "D" if code == "DEU" else code
    return None


_ISO: Final = """
ABW AW Aruba; AFG AF Afghanistan; AGO AO Angola; AIA AI Anguilla; ALA AX Åland Islands; ALB AL Albania;
AND AD Andorra; ARE AE United Arab Emirates; ARG AR Argentina; ARM AM Armenia; ASM AS American Samoa;
ATA AQ Antarctica; ATF TF French Southern Territories; ATG AG Antigua and Barbuda; AUS AU Australia;
AUT AT Austria; AZE AZ Azerbaijan; BDI BI Burundi; BEL BE Belgium; BEN BJ Benin;
BES BQ Bonaire, Sint Eustatius and Saba; BFA BF Burkina Faso; BGD BD Bangladesh; BGR BG Bulgaria; BHR BH Bahrain;
BHS BS Bahamas; BIH BA Bosnia and Herzegovina; BLM BL Saint Barthélemy; BLR BY Belarus; BLZ BZ Belize;
BMU BM Bermuda; BOL BO Bolivia; BRA BR Brazil; BRB BB Barbados; BRN BN Brunei; BTN BT Bhutan;
BVT BV Bouvet Island; BWA BW Botswana; CAF CF Central African Republic; CAN CA Canada;
CCK CC Cocos (Keeling) Islands; CHE CH Switzerland; CHL CL Chile; CHN CN China; CIV CI Côte d'Ivoire;
CMR CM Cameroon; COD CD Democratic Republic of the Congo; COG CG Congo; COK CK Cook Islands; COL CO Colombia;
COM KM Comoros; CPV CV Cabo Verde; CRI CR Costa Rica; CUB CU Cuba; CUW CW Curaçao; CXR CX Christmas Island;
CYM KY Cayman Islands; CYP CY Cyprus; CZE CZ Czechia; DEU DE Germany; DJI DJ Djibouti; DMA DM Dominica;
DNK DK Denmark; DOM DO Dominican Republic; DZA DZ Algeria; ECU EC Ecuador; EGY EG Egypt; ERI ER Eritrea;
ESH EH Western Sahara; ESP ES Spain; EST EE Estonia; ETH ET Ethiopia; FIN FI Finland; FJI FJ Fiji;
FLK FK Falkland Islands; FRA FR France; FRO FO Faroe Islands; FSM FM Micronesia; GAB GA Gabon;
GBR GB United Kingdom; GEO GE Georgia; GGY GG Guernsey; GHA GH Ghana; GIB GI Gibraltar; GIN GN Guinea;
GLP GP Guadeloupe; GMB GM Gambia; GNB GW Guinea-Bissau; GNQ GQ Equatorial Guinea; GRC GR Greece; GRD GD Grenada;
GRL GL Greenland; GTM GT Guatemala; GUF GF French Guiana; GUM GU Guam; GUY GY Guyana; HKG HK Hong Kong;
HMD HM Heard Island and McDonald Islands; HND HN Honduras; HRV HR Croatia; HTI HT Haiti; HUN HU Hungary;
IDN ID Indonesia; IMN IM Isle of Man; IND IN India; IOT IO British Indian Ocean Territory; IRL IE Ireland;
IRN IR Iran; IRQ IQ Iraq; ISL IS Iceland; ISR IL Israel; ITA IT Italy; JAM JM Jamaica; JEY JE Jersey;
JOR JO Jordan; JPN JP Japan; KAZ KZ Kazakhstan; KEN KE Kenya; KGZ KG Kyrgyzstan; KHM KH Cambodia;
KIR KI Kiribati; KNA KN Saint Kitts and Nevis; KOR KR South Korea; KWT KW Kuwait; LAO LA Laos; LBN LB Lebanon;
LBR LR Liberia; LBY LY Libya; LCA LC Saint Lucia; LIE LI Liechtenstein; LKA LK Sri Lanka; LSO LS Lesotho;
LTU LT Lithuania; LUX LU Luxembourg; LVA LV Latvia; MAC MO Macao; MAF MF Saint Martin; MAR MA Morocco;
MCO MC Monaco; MDA MD Moldova; MDG MG Madagascar; MDV MV Maldives; MEX MX Mexico; MHL MH Marshall Islands;
MKD MK North Macedonia; MLI ML Mali; MLT MT Malta; MMR MM Myanmar; MNE ME Montenegro; MNG MN Mongolia;
MNP MP Northern Mariana Islands; MOZ MZ Mozambique; MRT MR Mauritania; MSR MS Montserrat; MTQ MQ Martinique;
MUS MU Mauritius; MWI MW Malawi; MYS MY Malaysia; MYT YT Mayotte; NAM NA Namibia; NCL NC New Caledonia;
NER NE Niger; NFK NF Norfolk Island; NGA NG Nigeria; NIC NI Nicaragua; NIU NU Niue; NLD NL Netherlands;
NOR NO Norway; NPL NP Nepal; NRU NR Naoero; NZL NZ New Zealand; OMN OM Oman; PAK PK Pakistan; PAN PA Panama;
PCN PN Pitcairn; PER PE Peru; PHL PH Philippines; PLW PW Palau; PNG PG Papua New Guinea; POL PL Poland;
PRI PR Puerto Rico; PRK KP North Korea; PRT PT Portugal; PRY PY Paraguay; PSE PS Palestine;
PYF PF French Polynesia; QAT QA Qatar; REU RE Réunion; ROU RO Romania; RUS RU Russia; RWA RW Rwanda;
SAU SA Saudi Arabia; SDN SD Sudan; SEN SN Senegal; SGP SG Singapore;
SGS GS South Georgia and the South Sandwich Islands; SHN SH Saint Helena, Ascension and Tristan da Cunha;
SJM SJ Svalbard and Jan Mayen; SLB SB Solomon Islands; SLE SL Sierra Leone; SLV SV El Salvador;
SMR SM San Marino; SOM SO Somalia; SPM PM Saint Pierre and Miquelon; SRB RS Serbia; SSD SS South Sudan;
STP ST Sao Tome and Principe; SUR SR Suriname; SVK SK Slovakia; SVN SI Slovenia; SWE SE Sweden; SWZ SZ Eswatini;
SXM SX Sint Maarten; SYC SC Seychelles; SYR SY Syria; TCA TC Turks and Caicos Islands; TCD TD Chad; TGO TG Togo;
THA TH Thailand; TJK TJ Tajikistan; TKL TK Tokelau; TKM TM Turkmenistan; TLS TL Timor-Leste; TON TO Tonga;
TTO TT Trinidad and Tobago; TUN TN Tunisia; TUR TR Türkiye; TUV TV Tuvalu; TWN TW Taiwan; TZA TZ Tanzania;
UGA UG Uganda; UKR UA Ukraine; UMI UM US Minor Outlying Islands; URY UY Uruguay; USA US United States of America;
UZB UZ Uzbekistan; VAT VA Holy See; VCT VC Saint Vincent and the Grenadines; VEN VE Venezuela;
VGB VG British Virgin Islands; VIR VI US Virgin Islands; VNM VN Viet Nam; VUT VU Vanuatu;
WLF WF Wallis and Futuna; WSM WS Samoa; YEM YE Yemen; ZAF ZA South Africa; ZMB ZM Zambia; ZWE ZW Zimbabwe
"""
"""ISO 3166-1: alpha-3, alpha-2, English short name."""

_STATES: Final = """
D DE DEU Germany; BDR DE DEU Germany; RKS XK - Kosovo; XKX XK - Kosovo; KOS XK - Kosovo; XXK XK - Kosovo; ROM RO ROU
Romania; ZIM ZW ZWE Zimbabwe; GBD GB GBR British Overseas Territories citizen; GBN GB GBR British National
(Overseas); GBO GB GBR British Overseas citizen; GBP GB GBR British protected person; GBS GB GBR British subject
"""
"""Codes of states beside ISO: Germany's `D` and its old specimens' `BDR`, Kosovo's others, Romania's old one, Zimbabwe's on
passports, and the kinds of British nationals (9303-3, 5, part B)."""

_OTHERS: Final = """
EUE EU European Union; UNO UN United Nations Organization; UNA UN United Nations specialised agency; UNK UN United
Nations Interim Administration Mission in Kosovo; XBA - African Development Bank; XIM - African Export-Import Bank;
XCC - Caribbean Community; XCE - Council of Europe; XCO - Common Market for Eastern and Southern Africa; XEC -
Economic Community of West African States; XPO - International Criminal Police Organization; XES - Organization of
Eastern Caribbean States; XMP - Parliamentary Assembly of the Mediterranean; XOM - Sovereign Military Order of
Malta; XDC - Southern African Development Community; XXA - stateless person; XXB - refugee (1951 convention); XXC -
refugee (other); XXX - person of unspecified nationality; UTO - Utopia (specimen); IAO - ICAO (specimen); XCT -
Turkish Republic of Northern Cyprus; XSM - Sovereign Military Order of Malta; INP - International Criminal Police
Organization; WSA - World Service Authority (no state recognises it in general); CMW - Commonwealth (specimen); NTZ
- Neutral Zone; ANT AN Netherlands Antilles (until 2010); SCG CS Serbia and Montenegro (until 2006); YUG YU
Yugoslavia (until 2003); SUN SU Soviet Union (until 1992); CSK CS Czechoslovakia (until 1992); DDR DD German
Democratic Republic (until 1990); ZAR ZR Zaire (until 1997); TMP TP East Timor (until 2002); BUR BU Burma (until
1989)
"""
"""Organisations and persons without a nationality (9303-3, 5, parts C and D), specimens, and states that are no more."""


def _items(table: str, parts: int) -> list[list[str]]:
    return [item.split(maxsplit=parts - 1) for item in table.replace("\n", " ").split(";") if item.strip()]


def _all() -> dict[str, Country]:
    found = [Country(code, name, two, code) for code, two, name in _items(_ISO, 3)]
    found += [
        Country(code, name, two, None if three == "-" else three) for code, two, three, name in _items(_STATES, 4)
    ]
    found += [Country(code, name, None if two == "-" else two, None, False) for code, two, name in _items(_OTHERS, 3)]
    return {country.code: country for country in found}


COUNTRIES: Final = _all()
"""By the code in the zone, without fillers."""
