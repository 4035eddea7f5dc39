"""The nine questions of PermenPANRB 14/2017 and their four answers, in the languages offered.

They are kept by code (U1 to U9), never by position: questionnaires ask them in any order. A profile
may word them in its own way.
"""

from typing import Final, Literal

Language = Literal["id", "en"]

LANGUAGES: Final[tuple[Language, ...]] = ("id", "en")

#: Name of each element, as tables of results call it.
NAMES: Final[dict[str, dict[Language, str]]] = {
    "U1": {"id": "Persyaratan", "en": "Requirements"},
    "U2": {"id": "Sistem, mekanisme, dan prosedur", "en": "System, mechanism and procedure"},
    "U3": {"id": "Waktu penyelesaian", "en": "Time of completion"},
    "U4": {"id": "Biaya/tarif", "en": "Cost or tariff"},
    "U5": {"id": "Produk spesifikasi jenis pelayanan", "en": "Result of the service"},
    "U6": {"id": "Kompetensi pelaksana", "en": "Competence of the staff"},
    "U7": {"id": "Perilaku pelaksana", "en": "Conduct of the staff"},
    "U8": {
        "id": "Penanganan pengaduan, saran, dan masukan",
        "en": "Handling of complaints and suggestions",
    },
    "U9": {"id": "Sarana dan prasarana", "en": "Facilities"},
}

QUESTIONS: Final[dict[str, dict[Language, str]]] = {
    "U1": {
        "id": "Bagaimana pendapat Saudara tentang kesesuaian persyaratan pelayanan dengan jenis "
        "pelayanannya?",
        "en": "How well do the requirements fit the kind of service?",
    },
    "U2": {
        "id": "Bagaimana pemahaman Saudara tentang kemudahan prosedur pelayanan di unit ini?",
        "en": "How easy is the procedure of the service at this unit?",
    },
    "U3": {
        "id": "Bagaimana pendapat Saudara tentang kecepatan waktu dalam memberikan pelayanan?",
        "en": "How fast is the service given?",
    },
    "U4": {
        "id": "Bagaimana pendapat Saudara tentang kewajaran biaya/tarif dalam pelayanan?",
        "en": "How fair is the cost of the service?",
    },
    "U5": {
        "id": "Bagaimana pendapat Saudara tentang kesesuaian produk pelayanan antara yang "
        "tercantum dalam standar pelayanan dengan hasil yang diberikan?",
        "en": "How well does the result fit what the standard of the service promises?",
    },
    "U6": {
        "id": "Bagaimana pendapat Saudara tentang kompetensi/kemampuan petugas dalam pelayanan?",
        "en": "How competent are the staff who serve you?",
    },
    "U7": {
        "id": "Bagaimana pendapat Saudara tentang perilaku petugas dalam pelayanan terkait "
        "kesopanan dan keramahan?",
        "en": "How polite and friendly are the staff?",
    },
    "U8": {
        "id": "Bagaimana pendapat Saudara tentang penanganan pengaduan pengguna layanan?",
        "en": "How are complaints of users handled?",
    },
    "U9": {
        "id": "Bagaimana pendapat Saudara tentang kualitas sarana dan prasarana?",
        "en": "How good are the facilities?",
    },
}

#: The answers for the scores 1, 2, 3 and 4.
ANSWERS: Final[dict[str, dict[Language, tuple[str, str, str, str]]]] = {
    "U1": {
        "id": ("Tidak sesuai", "Kurang sesuai", "Sesuai", "Sangat sesuai"),
        "en": ("Do not fit", "Fit poorly", "Fit", "Fit very well"),
    },
    "U2": {
        "id": ("Tidak mudah", "Kurang mudah", "Mudah", "Sangat mudah"),
        "en": ("Not easy", "Less easy", "Easy", "Very easy"),
    },
    "U3": {
        "id": ("Tidak cepat", "Kurang cepat", "Cepat", "Sangat cepat"),
        "en": ("Not fast", "Less fast", "Fast", "Very fast"),
    },
    "U4": {
        "id": ("Sangat mahal", "Cukup mahal", "Murah", "Gratis"),
        "en": ("Very expensive", "Rather expensive", "Cheap", "Free"),
    },
    "U5": {
        "id": ("Tidak sesuai", "Kurang sesuai", "Sesuai", "Sangat sesuai"),
        "en": ("Does not fit", "Fits poorly", "Fits", "Fits very well"),
    },
    "U6": {
        "id": ("Tidak kompeten", "Kurang kompeten", "Kompeten", "Sangat kompeten"),
        "en": ("Not competent", "Less competent", "Competent", "Very competent"),
    },
    "U7": {
        "id": (
            "Tidak sopan dan ramah",
            "Kurang sopan dan ramah",
            "Sopan dan ramah",
            "Sangat sopan dan ramah",
        ),
        "en": (
            "Not polite and friendly",
            "Less polite and friendly",
            "Polite and friendly",
            "Very polite and friendly",
        ),
    },
    "U8": {
        "id": (
            "Tidak ada",
            "Ada tetapi tidak berfungsi",
            "Berfungsi kurang maksimal",
            "Dikelola dengan baik",
        ),
        "en": ("None", "There, but does not work", "Works, but not fully", "Well managed"),
    },
    "U9": {
        "id": ("Buruk", "Cukup", "Baik", "Sangat baik"),
        "en": ("Bad", "Sufficient", "Good", "Very good"),
    },
}

#: What is asked of the respondent: dimension, then value, then words. None of it must be answered.
GROUPS: Final[dict[str, dict[str, dict[Language, str]]]] = {
    "sex": {
        "male": {"id": "Laki-laki", "en": "Male"},
        "female": {"id": "Perempuan", "en": "Female"},
    },
    "age": {
        "under_20": {"id": "Di bawah 20 tahun", "en": "Under 20"},
        "20_29": {"id": "20-29 tahun", "en": "20 to 29"},
        "30_39": {"id": "30-39 tahun", "en": "30 to 39"},
        "40_49": {"id": "40-49 tahun", "en": "40 to 49"},
        "50_59": {"id": "50-59 tahun", "en": "50 to 59"},
        "60_up": {"id": "60 tahun ke atas", "en": "60 and above"},
    },
    "education": {
        "sd": {"id": "SD atau di bawahnya", "en": "Primary school or below"},
        "smp": {"id": "SMP", "en": "Lower secondary school"},
        "sma": {"id": "SMA/SMK", "en": "Upper secondary school"},
        "diploma": {"id": "D1-D3", "en": "Diploma"},
        "s1": {"id": "D4/S1", "en": "Bachelor"},
        "s2": {"id": "S2 ke atas", "en": "Master or above"},
    },
    "occupation": {
        "asn": {"id": "ASN", "en": "Civil servant"},
        "tni_polri": {"id": "TNI/Polri", "en": "Armed forces or police"},
        "private": {"id": "Pegawai swasta", "en": "Employee"},
        "business": {"id": "Wirausaha", "en": "Self-employed"},
        "student": {"id": "Pelajar/mahasiswa", "en": "Pupil or student"},
        "other": {"id": "Lainnya", "en": "Other"},
    },
}
GROUP_NAMES: Final[dict[str, dict[Language, str]]] = {
    "sex": {"id": "Jenis kelamin", "en": "Sex"},
    "age": {"id": "Usia", "en": "Age"},
    "education": {"id": "Pendidikan terakhir", "en": "Education"},
    "occupation": {"id": "Pekerjaan", "en": "Occupation"},
}
#: The value of a dimension for those who did not say.
UNSTATED: Final = "unstated"
THANKS: Final[dict[Language, str]] = {
    "id": "Terima kasih, jawaban Anda sudah kami terima.",
    "en": "Thank you, your answer was received.",
}
UNSTATED_NAME: Final = "Tidak menjawab"

#: By which ways answers come, and what reports call them.
CHANNELS: Final[dict[str, str]] = {
    "public": "Formulir umum dan kode QR",
    "kiosk": "Kios di unit",
    "link": "Tautan yang dikirim",
    "interview": "Wawancara",
    "paper": "Formulir kertas",
}
