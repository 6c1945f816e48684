"""Names of the demo's guests: many languages and scripts, so that search and print meet them.

Each entry is (given names, family names, whether the family name stands first).
"""

PEOPLE: list[tuple[str, str, bool]] = [
    ("Olivia Noah Emma Liam Amelia", "Tremblay Campbell Okafor MacDonald Singh", False),
    ("Zoé Éloïse Hélène François Jérôme", "Lefèvre Côté Beauséjour D’Aoust Nuñez", False),
    ("Łukasz Małgorzata Wójciech Żaneta Świętosława", "Wiśniewski Żółć Dąbrowski Łoś Ćwik", False),
    ("Jürgen Käthe Björn Sören Ute", "Müller Groß Weißbäcker Öztürk Jäger", False),
    ("Søren Ærø Åse Øyvind Þórunn", "Ødegård Ångström Guðmundsdóttir Sørensen Bjørnsson", False),
    ("Iñaki Begoña Íñigo Lucía Ángel", "Muñoz Etxeberria Ibáñez Núñez Peña", False),
    ("João Conceição Inês Antônio Luísa", "Gonçalves Simões Araújo Magalhães Brandão", False),
    ("Çağla İbrahim Şebnem Gökçe Işıl", "Yıldız Çelik Şahin Öğüt Akdağ", False),
    ("Ștefan Ioana Mădălina Cătălin Țuca", "Popescu Șerban Brâncuși Țepeș Ionescu", False),
    ("Jiří Žofie Řehoř Šárka Ďuro", "Dvořák Němcová Šťastný Křížová Čapek", False),
    (
        "Νίκος Ελένη Γιώργος Αικατερίνη Σοφία",
        "Παπαδόπουλος Ιωαννίδου Καραγιάννης Ρήγα Νόμου",
        False,
    ),
    ("Анна Сергій Людмила Борис Їжакевич", "Шевченко Кузнецова Достоевская Ґонта Иванов", False),
    ("Đorđe Živka Љубица Ненад Ђурђа", "Ђоковић Petrović Његош Џинић Šćepanović", False),
    ("دانا يوسف ليلى محمد نور", "الخوري حداد الشامي النجار قباني", False),
    ("שירה דוד נועה אברהם יעל", "כהן לוי בן־גוריון מזרחי פרץ", False),
    ("آرش شیرین کیوان پریسا گلناز", "رضایی فردوسی کاظمی چمران پهلوان", False),
    ("आरव अनन्या प्रिया विक्रम दीपिका", "शर्मा वर्मा पटेल श्रीवास्तव द्विवेदी", False),
    ("அருண் மீனா கண்ணன் லட்சுமி வேல்", "சுப்பிரமணியன் இராமன் பிள்ளை செல்வம் நாடார்", False),
    ("สมชาย มาลี ณัฐวุฒิ พิมพ์ชนก อรทัย", "ศรีสุข วงศ์ไทย ใจดี ทองคำ บุญมี", False),
    ("美咲 翔太 陽子 健一 さくら", "佐藤 高橋 渡邉 斎藤 山﨑", True),
    ("伟 秀英 芳 子轩 雨桐", "王 欧阳 陳 張 諸葛", True),
    ("민준 서연 지우 하은 도윤", "김 이 박 남궁 최", True),
    ("Thảo Hiếu Ngọc Đức Phượng", "Nguyễn Trần Đặng Huỳnh Võ", True),
    ("Nǃxau ʻAulani Siôn Bláthnaid Māhealani", "ǂToma Kaʻahumanu Llŷr Ó_Súilleabháin Kēhu", False),
    ("Anne-Marie Jean-Luc Mary_Jo X_Æ_A Ng", "O’Neil-Smith van_der_Berg de_la_Cruz Li Sáo", False),
]
