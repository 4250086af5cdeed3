import { describe, expect, it } from "vitest";
import { CorrectionFinder } from "./corrections.ts";
import { languageOf } from "./language.ts";
import { sizeOf } from "./size.ts";
import { hasDataTopic, TOPIC_IDS, topicsOf } from "./topics.ts";

describe("topics", () => {
	it.each([
		["What happens in the reaction of vinegar and soda?", "general"],
		["What does sodium react with?", "general"],
		["A revue in Paris, a review of it, please", "writing"],
		["Update the database of members", "coding"],
		["She excels at chess", "general"],
		["the ruby on her ring, the rust on my car", "general"],
		["Write a poem about a python", "writing"],
		["How do giant pandas raise their cubs?", "general"],
		["Who commanded the starship Enterprise?", "general"],
	] as const)("finds none in “%s” as %s", (prompt, domain) => {
		expect(topicsOf(prompt, domain)).toEqual([]);
	});

	it.each([
		["React hooks and a Vue store", "coding", ["vue", "react"]],
		["Reactで状態を管理したい", "coding", ["react"]],
		["엑셀에서 중복 행 지우기", "coding", ["excel"]],
		["как в экселе сложить столбец", "coding", ["excel"]],
		["SVERWEIS liefert #NV", "coding", ["excel"]],
		["segfault in C++ with CMake", "coding", ["cpp"]],
		["a LEFT JOIN that doubles rows", "coding", ["sql"]],
		["PL/SQL oder C#?", "coding", ["sql", "csharp"]],
		["Write our quarterly report for the enterprise", "writing", ["enterprise"]],
		["next.js page in tsx", "coding", ["react"]],
		["Fix vue.js. Then the C# part.", "coding", ["vue", "csharp"]],
	] as const)("finds those of “%s” as %s", (prompt, domain, topics) => {
		expect(topicsOf(prompt, domain)).toEqual(topics);
	});

	it("have ids that stand once, and some that are about data", () => {
		expect(new Set(TOPIC_IDS).size).toBe(TOPIC_IDS.length);
		expect(TOPIC_IDS.filter((id) => hasDataTopic([id]))).toEqual([
			"pandas",
			"statistics",
			"sql",
			"excel",
			"vba",
			"spreadsheet",
		]);
	});
});

describe("the tier", () => {
	it.each([
		["quick fix: the button is one pixel off", "tiny"],
		["Schneller Fix, nur eine Zeile: null abfangen", "tiny"],
		["быстрая правка: опечатка в заголовке", "tiny"],
		["改一行就行，把颜色换成红色", "tiny"],
		["a simple web server", "medium"],
		["Ein einfaches Skript zum Umbenennen", "medium"],
		["un script sencillo para copias", "medium"],
		["簡単なスクリプトがほしい", "medium"],
		["Explain closures in simple terms", "best"],
		["a simple but scalable architecture", "best"],
		["Write a function that adds two numbers", "versatile"],
		["Schreibe eine Funktion, die prüft, ob ein Jahr ein Schaltjahr ist", "versatile"],
		["Escribe una función que sume dos números", "versatile"],
		["フィボナッチを計算する関数を書いて", "versatile"],
		["Refactor this function", "best"],
		["Build a payment service with retries", "best"],
	])("of “%s” is %s", (prompt, tier) => {
		expect(sizeOf(prompt, "coding", []).tier).toBe(tier);
	});

	it("is best for a function in a framework, and for functions that are not code", () => {
		expect(sizeOf("Write a function that loads users", "coding", ["laravel"]).tier).toBe("best");
		expect(sizeOf("Write about the function of the heart", "general", []).tier).toBe("best");
	});
});

describe("the complexity", () => {
	it("goes from a word to a long list of wishes", () => {
		expect(sizeOf("hi", "smalltalk", []).complexity).toBe(1);
		expect(sizeOf("Write a simple loop over numbers", "coding", []).complexity).toBe(2);
		expect(sizeOf("Write a queue with two stacks in Go", "coding", []).complexity).toBe(3);
		expect(sizeOf("Refactor the scheduler into two modules", "coding", []).complexity).toBe(4);
		const wishes = `Refactor it:\n- one\n- two\n- three\n${"const a = 1;\n".repeat(100)}`;
		expect(sizeOf(wishes, "coding", []).complexity).toBe(5);
	});
});

describe("the language", () => {
	it.each([
		["How do I boil an egg?", "en"],
		["Wie koche ich ein Ei?", "de"],
		["¿Cómo cuezo un huevo?", "es"],
		["Comment cuire un œuf ?", "fr"],
		["Como eu faço um ovo cozido?", "pt"],
		["Come si cuoce un uovo?", "it"],
		["Hoe kook ik een ei?", "nl"],
		["Jak ugotować jajko?", "pl"],
		["Yumurta nasıl haşlanır?", "tr"],
		["Как сварить яйцо?", "ru"],
		["Як зварити яйце?", "uk"],
		["卵の茹で方を教えて", "ja"],
		["怎么煮鸡蛋", "zh"],
		["계란 어떻게 삶아?", "ko"],
		["كيف أسلق البيض؟", "ar"],
		["अंडा कैसे उबालें?", "hi"],
		["Reactでuseエフェクトを使うには", "ja"],
		["как в React обновить state родителя из дочернего компонента", "ru"],
		["Hur kokar jag ett ägg?", "sv"],
	])("of “%s” is %s", (prompt, language) => {
		expect(languageOf(prompt)).toBe(language);
	});

	it.each(["", "12 + 5", "kubectl", "🙂"])("of “%s” cannot be told", (prompt) => {
		expect(languageOf(prompt)).toBeNull();
	});
});

describe("corrections", () => {
	const finder = new CorrectionFinder();
	const corrections = [
		{ prompt: "Summarise the minutes of the board meeting on 3 May", domain: "writing" as const },
		{ prompt: "週報をまとめて", domain: "data" as const },
	];

	it("speak for the same wish with another date, in any script", () => {
		expect(finder.find("Summarise the minutes of the board meeting on 17 June", corrections)?.domain).toBe(
			"writing",
		);
		expect(finder.find("週報をまとめてください", corrections)?.domain).toBe("data");
	});

	it("do not speak for another wish", () => {
		expect(finder.find("Who was at the board meeting?", corrections)).toBeNull();
		expect(finder.find("月の石について教えて", corrections)).toBeNull();
		expect(finder.find("", corrections)).toBeNull();
	});

	it("are forgotten with the list they stood in", () => {
		expect(finder.find("週報をまとめて", corrections.slice(0, 1))).toBeNull();
		expect(finder.find("週報をまとめて", corrections)?.likeness).toBeCloseTo(1);
	});

	it("prefer the more similar, and of equals the newer, which stands first", () => {
		const two = [
			{ prompt: "plan the sprint", domain: "coding" as const },
			{ prompt: "plan the sprint", domain: "general" as const },
		];
		expect(finder.find("plan the sprint", two)?.domain).toBe("coding");
	});
});
