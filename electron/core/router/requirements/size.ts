import type { ClassifiedDomain, Requirements, Tier } from "../../../../shared/router.ts";
import { WordLists } from "./words.ts";

/** What a prompt says of the size of its wish. */
const SAYS = new WordLists({
	/** A correction of one line; says so itself. */
	quickFix:
		"quick fix, quickfix, quick change, quick edit, one line change, one line fix, one liner, oneliner, single line change, small fix, tiny fix, tiny change, small change, minor change, minor fix, fix the typo, fix this typo, typo, just rename, kleine änderung, schneller fix, schnelle korrektur, einzeiler, tippfehler, nur eine zeile, kurze korrektur, arreglo rápido, cambio rápido, pequeño cambio, una línea, errata, correction rapide, petite correction, petit changement, une seule ligne, coquille, correção rápida, ajuste rápido, pequena mudança, uma linha só, correzione veloce, correzione rapida, piccola modifica, una riga sola, refuso, snelle fix, kleine aanpassing, typefout, tikfout, szybka poprawka, drobna poprawka, mała zmiana, literówk*, hızlı düzeltme, küçük değişiklik, tek satırlık, быстрый фикс, быстрая правка, мелкая правка, небольшая правка, однострочник, опечатк*, ちょっとした修正, 一行だけ, ワンライナー, 誤字, クイックフィックス, 简单修一下, 快速修复, 小改动, 一行代码, 改一行, 错别字, 빠른 수정, 간단한 수정, 한 줄만, 오타, إصلاح سريع, تعديل بسيط, سطر واحد, خطأ إملائي, snabb fix, liten ändring",
	/** Calls itself simple. */
	simple:
		"simple, basic, easy, beginner, einfach, einfache, einfaches, einfacher, einfachen, simples, sencillo, sencilla, simple, básico, básica, fácil, basique, facile, simples, semplice, semplici, eenvoudige, eenvoudig, simpele, prosty, prosta, proste, prostą, basit, kolay, простой, простую, простая, простое, несложн*, 簡単な, シンプルな, かんたんな, 简单的, 简单, 간단한, 간단하게, 쉬운, بسيط, بسيطة, सरल, आसान, enkel, enkelt, enkla",
	/** "In simple terms" asks for plain words, not for something simple. */
	plainWords:
		"simple terms, simple words, simple language, simple english, as simple as, not simple, not so simple, isn't simple, einfachen worten, einfacher sprache, palabras sencillas, términos sencillos, termes simples, mots simples, palavras simples, parole semplici, простыми словами, prostymi słowami, basit kelimelerle, 简单来说, 簡単に言うと, 쉽게 말해",
	/** One function, method or small script. */
	aFunction:
		"function, method, funktion, methode, función, método, fonction, méthode, função, método, funzione, metodo, functie, funkcję, funkcja, fonksiyon, fonksiyonu, функцию, функция, метод, 関数, メソッド, 函数, 方法, 함수, دالة, फंक्शन, फ़ंक्शन",
	/** Someone wants it made. */
	make: "write, create, make, implement, give me, need, code, build, define, schreib, schreibe, erstelle, mach, bau, brauche, implementiere, escribe, crea, haz, necesito, implementa, écris, crée, fais, besoin, implémente, escreva, crie, faça, faz, preciso, implemente, scrivi, crea, fammi, serve, implementa, schrijf, maak, napisz, stwórz, zrób, yaz, oluştur, напиши, создай, сделай, нужна, реализуй, 書いて, 作って, 作成, 写, 编写, 实现, 작성, 만들어, 짜, اكتب, أنشئ, लिखो, लिखिए, बनाओ, skriv, skapa",
	/** More than one function. */
	larger:
		"class, classes, api, endpoint, endpoints, service, module, app, application, website, server, database, system, project, library, framework, component, components, pipeline, authentication, tests, refactor, legacy, existing code, codebase, klasse, anwendung, projekt, dienst, clase, aplicación, proyecto, application, projet, classe, aplicação, projeto, applicazione, progetto, класс, приложение, проект, クラス, アプリ, プロジェクト, 类, 应用, 项目, 클래스, 앱, 프로젝트",
	/** Much is wanted. */
	hard: "complex, complicated, refactor, refactoring, architecture, architect, scalable, scalability, distributed, microservice, microservices, concurrency, optimize, optimise, optimization, production ready, end to end, comprehensive, in depth, detailed, thorough, advanced, prove, proof, migrate, migration, security audit, large dataset, komplex, komplexe, komplizier*, refaktor*, architektur, skalierbar*, verteilt*, optimier*, ausführlich*, umfassend*, beweise, complejo, compleja, refactoriza*, arquitectura, escalable, optimiza*, detallad*, exhaustiv*, demuestra, complexe, architecture, évolutif, optimise*, détaillé*, approfondi*, démontre, complexo, complexa, arquitetura, escalável, otimiz*, detalhad*, demonstre, complesso, complessa, architettura, scalabile, ottimizz*, dettagliat*, dimostra, сложн*, рефактор*, архитектур*, масштабируем*, оптимизир*, подробн*, докажи, złożon*, szczegółow*, zoptymalizuj, udowodnij, karmaşık, ayrıntılı, optimize et, kanıtla, 複雑な, リファクタリング, アーキテクチャ, 最適化, 詳細, 詳しく, 証明, 复杂, 重构, 架构, 优化, 详细, 证明, 복잡한, 리팩토링, 아키텍처, 최적화, 자세히, 증명, معقد, تفصيلي, بالتفصيل, أثبت, जटिल, विस्तार",
});

/** Topics that are no framework: a function may be written in them and stay small. */
const PLAIN_TOPICS = new Set([
	"python",
	"javascript",
	"typescript",
	"java",
	"kotlin",
	"swift",
	"csharp",
	"cpp",
	"rust",
	"go",
	"ruby",
	"php",
	"shell",
]);

/** What has so many characters carries material to work through. */
const LONG_CHARACTERS = 1_000;
/** One function is asked for in fewer. */
const SMALL_CHARACTERS = 300;

/** How large a wish is: the member it asks for, and the work it is from 1 (a word or two) to 5. */
export interface Size {
	readonly tier: Tier;
	readonly complexity: Requirements["complexity"];
}

/** Judges the size of a sampled prompt by what it says of itself. */
export function sizeOf(sample: string, domain: ClassifiedDomain, topics: readonly string[]): Size {
	const says = SAYS.in(sample);
	const tier = tierOf(sample, domain, topics, says);
	return { tier, complexity: complexityOf(sample, domain, tier, says.has("hard")) };
}

function tierOf(
	sample: string,
	domain: ClassifiedDomain,
	topics: readonly string[],
	says: ReturnType<typeof SAYS.in>,
): Tier {
	if (says.has("quickFix") && sample.length < LONG_CHARACTERS) return "tiny";
	if (says.has("simple") && !says.has("plainWords") && !says.has("hard")) return "medium";
	const small =
		domain === "coding" &&
		sample.length < SMALL_CHARACTERS &&
		topics.every((topic) => PLAIN_TOPICS.has(topic)) &&
		says.has("aFunction") &&
		says.has("make") &&
		!says.has("larger") &&
		!says.has("hard");
	return small ? "versatile" : "best";
}

/** Words, roughly; scripts without spaces count two characters as one. */
function wordsIn(sample: string): number {
	const dense = sample.match(/[\u3040-\u30ff\u3400-\u9fff]/g)?.length ?? 0;
	return dense === 0 ? sample.split(/\s+/).filter((word) => word !== "").length : Math.ceil(dense / 2);
}

function complexityOf(
	sample: string,
	domain: ClassifiedDomain,
	tier: Tier,
	hard: boolean,
): Requirements["complexity"] {
	const words = wordsIn(sample);
	if (words <= 2 || domain === "smalltalk") return words <= 12 ? 1 : 2;
	const wishes = sample.match(/(?:^|\n)\s*(?:[-*•]|\d+[.)])\s/g)?.length ?? 0;
	let complexity = tier === "tiny" ? 1 : tier === "medium" ? 2 : 3;
	if (words <= 6 && tier === "best" && domain === "general") complexity -= 1;
	if (hard) complexity += 1;
	if (sample.length > LONG_CHARACTERS) complexity += 1;
	if (wishes >= 3) complexity += 1;
	return Math.min(5, Math.max(1, complexity)) as Requirements["complexity"];
}
