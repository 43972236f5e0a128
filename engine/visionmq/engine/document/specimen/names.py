"""Names and places of many countries, for specimens; common ones, so that they are nobody's."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final


def _same(name: str) -> str:
    return name


@dataclass(frozen=True, slots=True)
class Pool:
    """How people are called in some countries, as spelt there (Latin or Cyrillic letters)."""

    countries: tuple[str, ...]
    women: tuple[str, ...]
    men: tuple[str, ...]
    surnames: tuple[str, ...]
    places: tuple[str, ...]
    second: float = 0.4
    """Share of people with a second given name."""
    double: float = 0.03
    """Share of people with two surnames."""
    of_a_woman: Callable[[str], str] = _same


def _pool(
    countries: str, women: str, men: str, surnames: str, places: str, second: float = 0.4, double: float = 0.03
) -> Pool:
    codes, girls, boys = (tuple(part.split()) for part in (countries, women, men))
    families, towns = (tuple(name.strip() for name in part.split(",")) for part in (surnames, places))
    return Pool(codes, girls, boys, families, towns, second, double)


def _with(pool: Pool, of_a_woman: Callable[[str], str]) -> Pool:
    return replace(pool, of_a_woman=of_a_woman)


def _polish(name: str) -> str:
    return name[:-1] + "a" if name.endswith("ski") else name


def _czech(name: str) -> str:
    return name[:-1] + "á" if name.endswith("ý") else name + "ová"


def _russian(name: str) -> str:
    return name[:-2] + "ая" if name.endswith("ий") else name + "а"


POOLS: Final = (
    _pool(
        "UTO",
        "Anna Lina Elena Mira Thea Ines Nora Juno Clara Zoë",
        "Thomas Raphael Erasmus Peter Milo Hugo Linus Emil Noah Otto",
        "Specimen, Eriksson, Utopian, Mustermann, Sample, Hythloday, More, Example, Amaurot, Doe, Vzor, Modèle",
        "Amaurot, Anyder, Abraxa, Nolandia, Macaria",
    ),
    _pool(
        "D AUT CHE LIE LUX",
        "Erika Käthe Sabine Ursula Anneliese Greta Leonie Marlene Hannelore Frauke Bärbel Änne",
        "Jürgen Jörg Günther Björn Matthias Wolfgang Lukas Felix Götz Rüdiger Thomas Sebastian Hans-Peter",
        "Müller, Schäfer, Weiß, Köhler, Krüger, von der Heide, Schröder, Böhm, Groß, Jäger, Schmidt, Fürstenberg, "
        "Zimmermann, Öztürk, Wagner, Lüdenscheidt",
        "Köln, Lübeck, Graz, Zürich, Görlitz, Wien, Würzburg",
    ),
    _pool(
        "FRA BEL MCO SEN CIV",
        "Hélène Zoé Françoise Maëlle Chloé Inès Marguerite Aïssatou Éloïse Noémie",
        "François Jérôme Loïc Étienne Rémi Jean Mamadou Benoît Théo Gaël Jean-Baptiste",
        "Lefèvre, Dubois, d'Arc, Bérenger, N'Diaye, L'Hermitte, Desrosiers, Le Goff, Saint-Exupéry, Garçon, Traoré, "
        "Dupont, Besançon",
        "Orléans, Besançon, Liège, Dakar, Nîmes, Abidjan, Évry",
        0.5,
    ),
    _pool(
        "ESP MEX ARG COL PER CHL VEN ECU CUB GTM URY",
        "María Begoña Íñiga Ángeles Lucía Guadalupe Sofía Rocío Ximena Noelia",
        "José Íñigo Álvaro Ángel Julián Martín Andrés Raúl Joaquín Nicolás",
        "García, Núñez, Muñoz, Ibáñez, López, Peña, Rodríguez, Güell, Fernández, de la Cruz, Ordóñez, Vázquez",
        "Logroño, Córdoba, Bogotá, León, A Coruña, Mérida, Cuzco",
        0.5,
        0.75,
    ),
    _pool(
        "PRT BRA AGO MOZ CPV",
        "Conceição Inês Luísa Joana Beatriz Catarina Sílvia Antónia",
        "João António Luís Gonçalo Tomás Sebastião Raúl Caetano",
        "Gonçalves, Magalhães, dos Santos, Conceição, Simões, Araújo, da Silva, Sá Carneiro, Guimarães, Brandão",
        "São Paulo, Évora, Luanda, Maputo, Brasília, Setúbal",
        0.5,
        0.6,
    ),
    _pool(
        "ITA SMR",
        "Giulia Chiara Niccolina Francesca Beatrice Ludovica Alessia",
        "Niccolò Lorenzo Matteo Giancarlo Raffaele Alessandro Pietro",
        "D'Angelo, Rossi, De Luca, Bianchi, Esposito, Lo Bianco, Mastroianni, Zuccarò, Dell'Acqua, Ferrari",
        "Forlì, Bologna, Cefalù, Lecce, Ravenna, Trieste",
    ),
    _pool(
        "GBR USA CAN AUS NZL IRL ZAF JAM",
        "Siobhan Charlotte Abigail Mary-Jane Olivia Niamh Ruby Harriet",
        "William Seán Callum Jack Christopher Oliver Dwayne Angus",
        "O'Connor, Smith-Jones, MacDonald, Taylor, Wooloomooloo, Van Buren, Featherstonehaugh, Hughes, Ó Briain, "
        "Fitzgerald, Cholmondeley, Lee",
        "Cork, Springfield, Perth, Halifax, Kingston, Durban, Wellington",
        0.6,
    ),
    _pool(
        "SWE NOR DNK FIN ISL FRO",
        "Åsa Linnéa Märta Sølvi Björk Päivi Ragnhild Þórdís Øydis Ingrid",
        "Björn Håkan Søren Jørgen Väinö Åke Sigurður Øyvind Lars Magnús",
        "Ångström, Sjöberg, Kjær, Bjørnson, Hämäläinen, Þórðarson, Øvergård, Nyström, Mäkinen, Lindqvist, Rasmussen",
        "Malmö, Tromsø, Jyväskylä, Reykjavík, Ærøskøbing, Århus",
    ),
    _with(
        _pool(
            "POL",
            "Małgorzata Świętosława Żaneta Joanna Łucja Bożena Agnieszka Zofia",
            "Łukasz Krzysztof Stanisław Wojciech Paweł Bogusław Michał Jerzy",
            "Kowalski, Wiśniewski, Zieliński, Wójcik, Brzęczyszczykiewicz, Żółkiewski, Dąbrowski, Nowak, Gałązka",
            "Łódź, Gdańsk, Wrocław, Częstochowa, Kraków",
            0.5,
        ),
        _polish,
    ),
    _with(
        _pool(
            "CZE SVK",
            "Žofie Růžena Markéta Eliška Ľubica Tereza Božena",
            "Jiří Ondřej Čeněk Tomáš Ľudovít Vojtěch Štěpán",
            "Novák, Dvořák, Černý, Beneš, Kovář, Veselý, Šťastný, Vzor",
            "Plzeň, Žilina, Ústí nad Labem, Jindřichův Hradec, Košice",
        ),
        _czech,
    ),
    _pool(
        "HUN ROU MDA",
        "Erzsébet Ágnes Ștefania Zsófia Ileana Réka Mădălina",
        "László György Ștefan Győző Răzvan Zoltán Andrei",
        "Szabó, Kővári, Nagy, Țurcanu, Popescu, Hőgyes, Diaconescu, Bălcescu, Fekete, Văcărescu",
        "Győr, Iași, Székesfehérvár, Timișoara, Chișinău",
    ),
    _pool(
        "HRV SVN BIH SRB MNE",
        "Željka Đurđica Maša Jelena Špela Nađa",
        "Đorđe Željko Srđan Nejc Mirza Živojin Luka",
        "Horvat, Kovačević, Đukić, Žižek, Marušić, Šarić, Petrović, Novak, Čolak",
        "Šibenik, Čačak, Banja Luka, Ljubljana, Nikšić",
    ),
    _with(
        _pool(
            "RUS KAZ KGZ",
            "Наталья Юлия Ксения Екатерина Мария Любовь Надежда",
            "Дмитрий Сергей Юрий Фёдор Алексей Евгений Михаил",
            "Иванов, Щербаков, Цветков, Хрущёв, Жуков, Чайковский, Шишкин, Васильев, Яковлев",
            "Ярославль, Уфа, Алматы, Бишкек, Нижний Новгород",
            0.1,
        ),
        _russian,
    ),
    _pool(
        "UKR",
        "Оксана Юлія Ганна Євгенія Соломія",
        "Ігор Олексій Євген Григорій Юрій Сергій",
        "Шевченко, Гнатюк, Їжакевич, Кравець, Лисенко, Щербак, Ющук",
        "Київ, Чернівці, Хмельницький, Запоріжжя",
        0.1,
    ),
    _pool(
        "BGR MKD BLR",
        "Снежана Милена Радка Ивана Цветелина",
        "Георги Христо Димитър Любомир Стоян",
        "Димитров, Желев, Щерев, Христов, Николов, Цанев",
        "София, Пловдив, Битола, Велес",
        0.3,
    ),
    _pool(
        "TUR AZE",
        "Gülşen Çiğdem Işıl Ayşe Özge Şule Leylâ",
        "Mehmet İbrahim Çağlar Oğuz Ömer Şahin Yiğit",
        "Öztürk, Yıldız, Çelik, Şimşek, Güneş, Doğan, Ağaoğlu, Kılıç, Əliyev",
        "İzmir, Diyarbakır, Eskişehir, Muğla, Bakı",
        0.3,
    ),
    _pool(
        "GRC CYP ALB",
        "Eleni Kalliopi Despoina Athina Paraskevi Besa",
        "Konstantinos Charalampos Dimitrios Ioannis Spyridon Agron",
        "Papadopoulos, Papandropoulous, Christodoulou, Karagiannis, Oikonomou, Hoxha, Xenakis",
        "Thessaloniki, Lemesos, Ioannina, Elbasan",
        0.2,
    ),
    _pool(
        "EST LVA LTU",
        "Õie Kärt Žanete Rūta Dace Ülle Gintarė",
        "Jüri Õnne Jānis Kęstutis Märt Vytautas Andris",
        "Tamm, Kõiv, Bērziņš, Mägi, Žukauskas, Ozoliņš, Jõgi, Kazlauskaitė",
        "Pärnu, Rēzekne, Šiauliai, Jõhvi, Kuressaare",
        0.2,
    ),
    _pool(
        "EGY MAR DZA TUN SAU ARE JOR LBN IRQ SYR KWT QAT",
        "Fatima Zahra Nour Khadija Maryam Layla Ghada Amina",
        "Mohammed Abdulrahman Yousef Khalid Ahmed Ibrahim Hussein Tariq",
        "Al Khattab, Ben Ali, El Mansouri, Abu Bakr, Al-Farouqi, Haddad, bin Rashid, Bouazizi, Al Qahtani",
        "Alexandria, Fes, Sfax, Basra, Al Ain, Tripoli",
        0.7,
        0.2,
    ),
    _pool(
        "IRN AFG PAK TJK UZB",
        "Parisa Shirin Gulnora Ayesha Zarina Mahnaz",
        "Farhad Reza Muhammad Rustam Javed Bahrom",
        "Ahmadzai, Hosseini, Khan, Rahimov, Qureshi, Tehrani, Yusufzai",
        "Shiraz, Herat, Lahore, Samarkand, Khujand",
    ),
    _pool(
        "IND LKA NPL BGD MUS FJI",
        "Priyadarshini Lakshmi Ananya Sushila Jasmin Meenakshi",
        "Venkatanarasimharajuvaripeta Rajesh Arjun Jasin Sanjay Suresh Bikram",
        "Singh, Subramaniam, Wickramasinghe, Patel, Chakraborty, Gurung, Rajapaksa, Iyer, Nilavadhanananda",
        "Thiruvananthapuram, Kandy, Pokhara, Dhaka, Mysuru",
    ),
    _pool(
        "CHN TWN HKG MAC SGP",
        "Xiaoling Mei Yue Ying Lanying Jing Qiuyue",
        "Wei Jianguo Zhiqiang Lü Guang Xin Zihao",
        "Wang, Li, Zhang, Ouyang, Chen, Xu, Qin, Zhuge, Ng, Ho",
        "Chengdu, Taipei, Guangzhou, Xiamen, Harbin",
        0.1,
    ),
    _pool(
        "JPN KOR PRK MNG",
        "Sakura Yuko Eun-ji Haruka Min-seo Oyuunchimeg Keiko",
        "Takeshi Hiroshi Seung-ho Ryo Ji-hoon Batbayar Shinichi",
        "Tanaka, Yamamoto, Kim, Gaimu, Park, Ono, Choi, Watanabe, Ganbold",
        "Sapporo, Busan, Kobe, Ulaanbaatar, Nagasaki",
        0.1,
    ),
    _pool(
        "VNM THA KHM LAO MMR",
        "Thị Hương Kanokwan Sopheap Phượng Duangchai Thuỷ",
        "Văn Đức Somchai Chayapa Sokha Quốc Dejthamrong",
        "Nguyễn, Trần, Srisuwan, Chea, Đặng, Phommachanh, Krasuang, Wongsawat",
        "Huế, Đà Nẵng, Chiang Mai, Battambang, Pakse",
        0.7,
    ),
    _pool(
        "IDN MYS PHL BRN TLS",
        "Dewi Siti Nurhaliza Maricel Ayu Fitriani",
        "Budi Ahmad Rizal Jomar Wayan Hakim",
        "Susanto, binti Abdullah, dela Cruz, Widodo, bin Ismail, Macaraeg, Hutapea",
        "Yogyakarta, Kuching, Cebu, Denpasar, Dili",
        0.5,
        0.1,
    ),
    _pool(
        "NGA GHA KEN UGA ETH TZA CMR RWA COD",
        "Ngozi Akosua Wanjiru Oluwaseun Tigist Uwimana Chidinma",
        "Chukwuemeka Kwabena Kipchoge Oluwadamilola Tesfaye Nsengiyumva Jomo",
        "Okonkwo, Mensah, Odhiambo, Adebayo-Ogunlesi, Gebremariam, Habimana, Nkosi, Mbeki, Tshibanda",
        "Lagos, Kumasi, Kisumu, Addis Ababa, Yaoundé, Kinshasa",
        0.6,
    ),
    _pool(
        "ISR",
        "Tamar Noa Shoshana Michal Yael",
        "Yitzhak Moshe Ariel Nadav Eliyahu",
        "Ben-David, Cohen, Levi, Rosenzweig, Katz, Bar-On",
        "Haifa, Eilat, Tiberias, Ashkelon",
        0.3,
    ),
    _pool(
        "ARM GEO",
        "Nino Anahit Tamar Lusine Ketevan Siranush",
        "Giorgi Hovhannes Aram Davit Zurab Tigran",
        "Hovhannisyan, Kvirikashvili, Petrosyan, Beridze, Chkheidze, Ter-Grigoryan",
        "Gyumri, Batumi, Kutaisi, Vanadzor",
        0.1,
    ),
)
"""The first pool that lists a country is that country's."""
