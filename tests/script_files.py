"""Tables in six scripts whose true text is known: an ASCII header, numbers, and one or two names or words per row.

The letters are those that such names and words are made of; every name is drawn, none is anybody's.
"""

import random

SIZES = (1, 5, 20, 200)

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_GIVEN = (
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂梅红玉建国华文志春海云玲飞鹏宇浩然子轩雨欣梦琪佳怡思远晨"
    "阳雪松柏竹菊莲荷月星辰光亮辉煌金银铜铁"
)
_WORDS_CN = (
    "九月 书单 转发 抽奖 活动 今天 我们 一起 读书 开卷 有益 城市 公交 彩虹 粉丝 数据 分享 朋友 周末 "
    "音乐 电影 早安 晚安 "
    "北京 上海 广州 成都 大学 学生 老师 咖啡 面包 新书 推荐 评论 点赞 收藏 关注 公众号 文章 发布 时间 天气 春天 秋天 "
    "故事 生活 旅行 照片 视频 直播 礼物 会员 优惠 报名 参加 感谢 支持 喜欢 希望 快乐 努力 加油 世界 中国 历史 文化"
)
_SURNAMES_TW = "陳林黃張李王吳劉蔡楊許鄭謝郭洪曾邱廖賴周徐蘇葉莊呂江何蕭羅高"
_GIVEN_TW = "志明家豪俊傑雅婷怡君淑芬美玲建宏文雄佩珊欣妤承翰宗翰冠宇柏翰詩涵雅雯惠君麗華國強偉倫靜宜嘉玲慧"
_WORDS_TW = (
    "九月 書單 轉發 抽獎 活動 今天 我們 一起 讀書 開卷 有益 城市 公車 彩虹 粉絲 數據 分享 朋友 週末 "
    "音樂 電影 早安 晚安 "
    "臺北 高雄 臺中 大學 學生 老師 咖啡 麵包 新書 推薦 評論 按讚 收藏 關注 文章 發布 時間 天氣 春天 "
    "秋天 故事 生活 旅行 照片"
)
_SURNAMES_KR = "김이박최정강조윤장임한오서신권황안송류홍"
_GIVEN_KR = "민준서연지우하은도윤수빈예준지훈현우유진채원건우소율재현승민나은태양다인시우보경미래영호"
_WORDS_KR = (
    "구월 독서 목록 공유 이벤트 오늘 우리 함께 책을 읽다 도시 버스 무지개 팬 데이터 친구 주말 음악 "
    "영화 아침 저녁 서울 부산 "
    "대학교 학생 선생님 커피 빵 새로운 추천 댓글 좋아요 구독 기사 시간 날씨 봄 가을 이야기 생활 여행 "
    "사진 선물 회원 감사합니다"
)
_SURNAMES_JP = ["佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺", "山本", "中村", "小林", "加藤", "吉田", "山田", "松本"]
_GIVEN_JP = [
    "さくら",
    "ひなた",
    "陽菜",
    "結衣",
    "大輔",
    "健太",
    "翔太",
    "美咲",
    "ゆい",
    "蓮",
    "葵",
    "直樹",
    "あかり",
    "ケンジ",
]
_WORDS_JP = (
    "九月 読書 リスト シェア イベント 今日 私たち いっしょに 本を読む 街 バス 虹 ファン データ 友だち "
    "週末 音楽 映画 おはよう "
    "東京 大阪 大学 学生 先生 コーヒー パン 新しい おすすめ コメント いいね 記事 時間 天気 春 秋 物語 "
    "生活 旅行 写真 プレゼント ありがとう"
)
_NAMES_EU = (
    "François Renée Zoë Müller Jäger Björn Søren Åsa José Núñez Peña Muñoz Gonçalves João Márcia "
    "André Élodie Hélène "
    "Chloé Léa Noël Inès Jürgen Günther Käthe Grüße Weiß Größe Straße Øystein Bjørk Håkan Malmö "
    "Göteborg Córdoba Málaga "
    "España Bogotá Perú México Português Coração São Conceição Français Forêt Château Crème Brûlée "
    "Garçon Déjà Été Hôtel"
)


def _pair(some, others, most=1):
    return lambda draw: draw.choice(some) + "".join(draw.choice(others) for _ in range(draw.randint(1, most)))


def _rich(words):
    return lambda draw: "".join(draw.choice(words.split()) for _ in range(draw.randint(3, 9)))


def _spaced(words):
    return lambda draw: " ".join(draw.choice(words.split()) for _ in range(draw.randint(1, 3)))


SCRIPTS = {
    "gb18030 names": ("gb18030", _pair(_SURNAMES, _GIVEN)),
    "gb18030 words": ("gb18030", _rich(_WORDS_CN)),
    "big5": ("big5", lambda draw: draw.choice([_pair(_SURNAMES_TW, _GIVEN_TW, 2), _rich(_WORDS_TW)])(draw)),
    "euc_kr": ("euc_kr", lambda draw: draw.choice([_pair(_SURNAMES_KR, _GIVEN_KR, 2), _spaced(_WORDS_KR)])(draw)),
    "shift_jis": ("shift_jis", lambda draw: draw.choice([_pair(_SURNAMES_JP, _GIVEN_JP), _rich(_WORDS_JP)])(draw)),
    "latin-1": ("cp1252", _spaced(_NAMES_EU)),
}


def table(script, rows, seed):
    """The text of one table and its bytes in the script's encoding."""
    encoding, name = SCRIPTS[script]
    draw = random.Random(f"{script} {rows} {seed}")
    two = draw.random() < 0.5
    lines = ["id,name,city,reads,time" if two else "id,name,reads,time"]
    for at in range(rows):
        names = [name(draw) for _ in range(1 + two)]
        lines.append(
            ",".join([str(1000 + at), *names, str(draw.randint(0, 9999)), f"2026-09-{draw.randint(1, 30):02d}"])
        )
    text = "\r\n".join(lines) + "\r\n"
    return text, text.encode(encoding)
