/** Scripts that one language is written in, as far as chat prompts go. */
const SCRIPTS: readonly (readonly [string, RegExp])[] = [
	["ja", /[\p{Script=Hiragana}\p{Script=Katakana}]/u],
	["ko", /\p{Script=Hangul}/u],
	["zh", /\p{Script=Han}/u],
	["th", /\p{Script=Thai}/u],
	["he", /\p{Script=Hebrew}/u],
	["el", /\p{Script=Greek}{3}/u],
	["hi", /\p{Script=Devanagari}/u],
	["bn", /\p{Script=Bengali}/u],
	["ta", /\p{Script=Tamil}/u],
	["te", /\p{Script=Telugu}/u],
	["ka", /\p{Script=Georgian}/u],
	["hy", /\p{Script=Armenian}/u],
	["fa", /[پچژگ]/u],
	["ar", /\p{Script=Arabic}/u],
	["uk", /[іїєґ]|(?:^|\s)(?:як|що|це|чи|та|мені|будь)(?=\s|$)/iu],
	["bg", /(?:^|\s)(?:ъ|съм|какво|защо|благодаря)(?:\s|$)/iu],
	["ru", /\p{Script=Cyrillic}/u],
];

/** Short words that give a language of Latin letters away, and letters that only it has. */
const LATIN: readonly (readonly [string, string, RegExp | null])[] = [
	[
		"en",
		"the is are was what how why when where who which do does did can could would should will a an of to in on for with and or not you your my me i it this that please hi hello hey thanks write give make explain best between about from have has im dont whats ok yes no",
		null,
	],
	[
		"de",
		"der die das den dem des ein eine einen einem einer ist sind war wie was warum wann wo wer welche welcher kann kannst ich du er sie es wir ihr mir dir mein meine nicht und oder für mit auf von zu im am bitte hallo danke schreib schreibe mach zwischen über auch noch ja nein gibt habe hast",
		/ß|ä.*ü|ö.*ü/i,
	],
	[
		"fr",
		"le la les un une des du de est sont était comment pourquoi quand où qui quel quelle que quoi je tu il elle nous vous mon ma mes ton ta ne pas et ou pour avec sur dans au aux ce cette bonjour salut merci écris fais entre plus oui non peux suis ai ça c'est j'ai",
		/[œ]|ç|è|ê/i,
	],
	[
		"es",
		"el la los las un una unos de del es son era cómo como qué que por porque cuándo cuándo dónde quién cuál yo tú mi mis tu no y o para con en al este esta esto hola gracias escribe haz entre más sí puedes puedo me se está estoy hay tengo",
		/[¿¡ñ]/i,
	],
	[
		"pt",
		"o a os as um uma de do da dos das é são era como por porque quando onde quem qual que eu você meu minha seu sua não e ou para com em no na este esta isso olá oi obrigado obrigada escreva faça entre mais sim pode me está estou tem tenho pra",
		/[ãõ]|ção|ções/i,
	],
	[
		"it",
		"il lo la i gli le un uno una di del della dei è sono era come perché quando dove chi quale che io tu mio mia non e o per con su in nel nella questo questa ciao grazie scrivi fammi tra più sì puoi posso mi si ho hai cosa",
		/[àèìòù](?:\s|$)/i,
	],
	[
		"nl",
		"de het een is zijn was hoe wat waarom wanneer waar wie welke kan kun ik jij je hij zij we mijn niet en of voor met op van te in dit deze hallo bedankt schrijf maak tussen meer ja nee heb heeft er ook",
		/ij[a-z]*\b.*\been\b/i,
	],
	[
		"sv",
		"en ett är var hur vad varför när vem vilken kan jag du han hon vi min mitt inte och eller för med på av till i det den detta hej tack skriv gör mellan mer ja nej har som att",
		/å/i,
	],
	[
		"pl",
		"jest są był jak co dlaczego kiedy gdzie kto który która czy mogę możesz ja ty mój moja nie i lub dla z na do w to ten ta cześć dziękuję napisz zrób między więcej tak się mam mi o po",
		/[łąęśźżćń]/i,
	],
	[
		"tr",
		"bir bu şu ve veya için ile nasıl ne neden niçin zaman nerede kim hangi mi mı mu mü ben sen benim değil merhaba teşekkürler yaz yap arasında daha evet hayır var yok çok olarak gibi da de",
		/[ğış]/,
	],
	[
		"cs",
		"je jsou byl jak co proč kdy kde kdo který která můžeš já ty můj ne a nebo pro s na do v to ten ahoj děkuji napiš mezi více ano se mám",
		/[ěřů]/i,
	],
	[
		"ro",
		"este sunt era cum ce de când unde cine care poți eu tu meu nu și sau pentru cu pe în la acest bună mulțumesc scrie între mai da am",
		/[țșă]/i,
	],
	[
		"hu",
		"a az egy van volt hogyan mi miért mikor hol ki melyik és vagy nem szia köszönöm írj között több igen hogy ez",
		/[őű]/i,
	],
	[
		"id",
		"yang dan atau untuk dengan di ke dari ini itu apa bagaimana mengapa kapan siapa saya kamu tidak bisa halo terima kasih tolong buat tulis adalah",
		null,
	],
	[
		"vi",
		"là và của cho với trong này gì tại sao khi nào ở đâu ai tôi bạn không viết xin chào cảm ơn một các có",
		/[ăđơư]/i,
	],
	[
		"fi",
		"on ja tai ei miten mitä miksi milloin missä kuka minä sinä hei kiitos kirjoita että voi se",
		/ää|yö|äy/i,
	],
	[
		"da",
		"er og eller ikke hvordan hvad hvorfor hvornår hvor hvem jeg du hej tak skriv mellem mere kan en et til med på af det",
		/[æø]/i,
	],
];

const LATIN_WORDS = LATIN.map(([language, words, letters]) => ({
	language,
	words: new Set(words.split(" ")),
	letters,
}));

/** Read of a prompt at most; its language shows in the first sentences. */
const READ_UNITS = 600;

/**
 * ISO 639-1 code of the language a prompt is written in; null where that cannot be told, as for code or a single name.
 */
export function languageOf(prompt: string): string | null {
	const text = prompt.slice(0, READ_UNITS);
	const letters = text.match(/\p{L}/gu)?.length ?? 0;
	const latin = text.match(/\p{Script=Latin}/gu)?.length ?? 0;
	// A prompt about code in Russian or Japanese has more Latin letters than others.
	if (letters - latin >= 2 && (letters - latin) * 6 >= latin) {
		const script = SCRIPTS.find(([, pattern]) => pattern.test(text));
		if (script !== undefined) return script[0];
	}
	const words = text.toLowerCase().match(/[\p{L}']+/gu) ?? [];
	let best: string | null = null;
	let most = 0;
	for (const { language, words: known, letters: own } of LATIN_WORDS) {
		const points = words.filter((word) => known.has(word)).length + (own?.test(text) ? 1.5 : 0);
		if (points > most) {
			most = points;
			best = language;
		}
	}
	return best;
}
