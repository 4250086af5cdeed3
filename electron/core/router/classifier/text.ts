/** What of a prompt is read at most, in UTF-16 units: a task stands at the beginning or at the end of a paste. */
const HEAD_UNITS = 700;
const TAIL_UNITS = 500;

/** One piece of a prompt. */
export interface Token {
	/** Lower case, without the accents of European scripts; digits as `0`. */
	readonly text: string;
	readonly kind: "word" | "cjk" | "number" | "mark";
	/** Index of the sentence it stands in. */
	readonly sentence: number;
}

/** What is read of a prompt: all of it, or its head and its tail, as it was typed. */
export function sampleOf(prompt: string): string {
	if (prompt.length <= HEAD_UNITS + TAIL_UNITS) return prompt;
	return `${prompt.slice(0, HEAD_UNITS)}\n${prompt.slice(-TAIL_UNITS)}`;
}

/** Common characters of traditional Chinese, and beneath each the simplified one that is read instead. */
const TRADITIONAL =
	"們個來這說時會對為嗎麼樣現還過後點開關問題學國語應該請謝給讓寫詩詞書讀圖畫張裡裏邊顏識認記計數幾歲錢買賣價車電腦視機網頁碼軟體檔資庫幫訴講聽覺愛歡樂難傷無經濟歷戰爭總統黨選舉團隊運動員醫藥療養飲雞魚麵飯湯鹹術藝設構樹葉鳥貓龍馬風雲陽陰氣溫熱凍東長寬遠進遊戲臺灣島處條線結繼續編輯縮約級組織練習試驗證確實際驅導師專業務職場廠產號單雙區鄉縣鎮門間閱讚貼費貴賓質輕輪轉農達遲郵釋銀銷鐘鐵錯錄鍵闆隨險離雜靈靜響頭類願顧飛館驚髮發鬧黃齊齡萬與從並億優儲兒兩內劃則剛創劇勞勝華協參變園圓圍執報塊壓夢奮婦媽孫寶審層廣廢強彈當錶復態慣憂懷戶採換損擇擊據擔擴敘斷於暫權極標檢歸殺決沒準滅滿漢潔災爺牆獎獨獲環畢異癒盡監盤眾矚禮種積穩窮競筆節範簡籃紅純紙細終絕維緊緣縱羅義聖聯聲聰肅腳臉舊莊蘋蘇蟲補裝製複觀觸訂訊討訪評詢話詳誌誕誤調談論諷謊謎譜議護豐貝負財責貨購賞賴贈趙趨跡踐軍軌較載輔輩輸辦辭邏鄰醜鏡鑰閃閉閒隱雖頂項順須預領頻顯飄駕騎騙麗";
const SIMPLIFIED =
	"们个来这说时会对为吗么样现还过后点开关问题学国语应该请谢给让写诗词书读图画张里里边颜识认记计数几岁钱买卖价车电脑视机网页码软体档资库帮诉讲听觉爱欢乐难伤无经济历战争总统党选举团队运动员医药疗养饮鸡鱼面饭汤咸术艺设构树叶鸟猫龙马风云阳阴气温热冻东长宽远进游戏台湾岛处条线结继续编辑缩约级组织练习试验证确实际驱导师专业务职场厂产号单双区乡县镇门间阅赞贴费贵宾质轻轮转农达迟邮释银销钟铁错录键板随险离杂灵静响头类愿顾飞馆惊发发闹黄齐龄万与从并亿优储儿两内划则刚创剧劳胜华协参变园圆围执报块压梦奋妇妈孙宝审层广废强弹当表复态惯忧怀户采换损择击据担扩叙断于暂权极标检归杀决没准灭满汉洁灾爷墙奖独获环毕异愈尽监盘众瞩礼种积稳穷竞笔节范简篮红纯纸细终绝维紧缘纵罗义圣联声聪肃脚脸旧庄苹苏虫补装制复观触订讯讨访评询话详志诞误调谈论讽谎谜谱议护丰贝负财责货购赏赖赠赵趋迹践军轨较载辅辈输办辞逻邻丑镜钥闪闭闲隐虽顶项顺须预领频显飘驾骑骗丽";
const SIMPLIFIED_OF = new Map(
	[...TRADITIONAL].map((character, index) => [character, SIMPLIFIED.charAt(index)]),
);

/** Lower case, full-width forms as plain ones, traditional Chinese as simplified, without the accents of European scripts (`für` and `fur` are one). */
export function fold(text: string): string {
	return text
		.normalize("NFKC")
		.toLowerCase()
		.normalize("NFD")
		.replace(/[\u0300-\u036f]/g, "")
		.normalize("NFC")
		.replace(/\p{Script=Han}/gu, (character) => SIMPLIFIED_OF.get(character) ?? character);
}

/** A run of Chinese characters or kana, which holds words without spaces; a word of any other script; digits; a mark. */
const PIECES =
	/([\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー々]+)|([\p{L}\p{M}_][\p{L}\p{M}\p{N}_]*(?:[+#]+(?![\p{L}\p{N}]))?)|(\p{N}+)|([^\s])/gu;
const HAS_CJK = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;
const CJK_RUNS =
	/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー々]+|[^\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー々]+/gu;

/** Numbers of more digits are all alike. */
const MOST_DIGITS = 4;

/** Endings that English joins with an apostrophe and hasty people without one. */
const JOINED = /(\p{L})['’´`](s|t|re|ve|ll|d|m)(?!\p{L})/gu;

/** Ends of a sentence; a dot only before a space, since file names and figures hold dots. */
const SENTENCE_END = new Set(["!", "?", "。", "？", "！", "؟", "।", ";", "…"]);

/** The Arabic article, alone or after "and", "in", "for"; a word with it and without it is one word. */
const ARABIC_ARTICLE = /^(?:[وبفك]?ال|لل)(?=\p{Script=Arabic}{2})/u;

/** A part of a word that mixes scripts, as "reactで3つ". */
function mixedRun(run: string): Omit<Token, "sentence"> {
	if (HAS_CJK.test(run)) return { text: run, kind: "cjk" };
	return /^\p{N}+$/u.test(run) ? figures(run) : { text: run, kind: "word" };
}

/** Digits: how many they are counts, not which. */
function figures(digits: string): Omit<Token, "sentence"> {
	return { text: "0".repeat(Math.min(digits.length, MOST_DIGITS)), kind: "number" };
}

/** Takes a sampled prompt apart. */
export function tokensOf(sample: string): readonly Token[] {
	const text = fold(sample.replace(JOINED, "$1$2"));
	const tokens: Token[] = [];
	let sentence = 0;
	let open = false;
	let lastEnd = 0;
	for (const found of text.matchAll(PIECES)) {
		const piece = found[0];
		if (open && text.slice(lastEnd, found.index).includes("\n")) {
			sentence += 1;
			open = false;
		}
		lastEnd = found.index + piece.length;
		if (found[1] !== undefined) tokens.push({ text: piece, kind: "cjk", sentence });
		else if (found[2] !== undefined) {
			if (HAS_CJK.test(piece))
				for (const [run] of piece.matchAll(CJK_RUNS)) tokens.push({ ...mixedRun(run), sentence });
			else tokens.push({ text: piece.replace(ARABIC_ARTICLE, ""), kind: "word", sentence });
		} else if (found[3] !== undefined) tokens.push({ ...figures(piece), sentence });
		else tokens.push({ text: piece, kind: "mark", sentence });
		const ends = SENTENCE_END.has(piece) || (piece === "." && /\s|^$/.test(text.charAt(lastEnd)));
		if (ends && open) {
			sentence += 1;
			open = false;
		} else if (found[4] === undefined) open = true;
	}
	return tokens;
}
