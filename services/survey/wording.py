"""What pages of the survey say beside its questions, in the languages offered."""

from typing import Final

from services.survey.official import Language

#: Name of each language in itself.
LANGUAGE_NAMES: Final[dict[Language, str]] = {"id": "Bahasa Indonesia", "en": "English"}

TEXTS: Final[dict[Language, dict[str, str]]] = {
    "id": {
        "title": "Survei Kepuasan Masyarakat",
        "intro": (
            "Pendapat Anda menentukan apa yang kami perbaiki. Nama Anda tidak ditanyakan dan "
            "tidak disimpan. Pertanyaan boleh dilewati."
        ),
        "service": "Layanan yang Anda terima",
        "choose": "Pilih layanan",
        "about_service": "Tentang pelayanan",
        "about_you": "Tentang Anda (boleh tidak diisi)",
        "unstated": "Tidak menjawab",
        "comment": "Saran atau komentar",
        "comment_hint": "Jangan menulis nama, nomor telepon, atau NIK.",
        "send": "Kirim jawaban",
        "mistakes": "Jawaban belum dapat dikirim",
        "thanks": "Terima kasih",
        "thanks_text": "Jawaban Anda sudah kami terima dan dihitung bersama jawaban lain.",
        "results": "Lihat hasil survei",
        "next": "Halaman ini kembali ke formulir dalam beberapa detik.",
        "again": "Isi formulir baru",
        "period": "Periode",
        "back": "Kembali ke formulir",
        "choose_service_error": "Pilih layanan yang Anda terima.",
        "printed_heading": "Bagaimana pelayanan kami?",
        "printed_text": "Pindai kode ini dengan kamera telepon Anda dan isi survei singkat.",
        "printed_note": "Tanpa nama. Satu kali untuk setiap layanan dalam satu periode.",
    },
    "en": {
        "title": "Survey of satisfaction",
        "intro": (
            "Your opinion decides what we improve. Your name is neither asked nor kept. "
            "You may leave questions out."
        ),
        "service": "The service that you received",
        "choose": "Choose a service",
        "about_service": "About the service",
        "about_you": "About you (may be left out)",
        "unstated": "No answer",
        "comment": "Suggestions or comments",
        "comment_hint": "Do not write names, telephone numbers or identity numbers.",
        "send": "Send my answers",
        "mistakes": "Your answers could not be sent yet",
        "thanks": "Thank you",
        "thanks_text": "Your answers were received, and count together with those of others.",
        "results": "See the results of the survey",
        "next": "This page returns to the form in a few seconds.",
        "again": "Fill in a new form",
        "period": "Period",
        "back": "Back to the form",
        "choose_service_error": "Choose the service that you received.",
        "printed_heading": "How do we serve you?",
        "printed_text": "Scan this code with your telephone's camera and fill in a short survey.",
        "printed_note": "Without your name. Once for each service in a period.",
    },
}
