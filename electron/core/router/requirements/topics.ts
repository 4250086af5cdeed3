import type { ClassifiedDomain } from "../../../../shared/router.ts";
import { WordLists } from "./words.ts";

/** Domains in which a topic counts: a word like "react" or "swift" means a tool only where code is wanted. */
type Scope = "code" | "work" | "any";

interface Topic {
	readonly id: string;
	readonly words: string;
	readonly scope: Scope;
	/** Makes coding or reasoning `data`. */
	readonly data?: true;
	/** The prompt is one of these instead. */
	readonly not?: string;
}

/** Which domains each scope holds: code; code, questions and what is unclear; everything but small talk. */
const SCOPES: Readonly<Record<Scope, ReadonlySet<ClassifiedDomain>>> = {
	code: new Set(["coding", "reasoning"]),
	work: new Set(["coding", "reasoning", "general"]),
	any: new Set(["coding", "reasoning", "general", "writing", "vision"]),
};

/** All topics, in the order in which they are named in a decision. */
const TOPICS: readonly Topic[] = [
	{ id: "vue", words: "vue, vuejs, vue.js, nuxt, nuxt.js, pinia, vuetify", scope: "code" },
	{
		id: "react",
		words: "react, reactjs, react.js, react native, jsx, tsx, next.js, nextjs, redux, usestate, useeffect",
		scope: "code",
	},
	{ id: "angular", words: "angular, angularjs, rxjs, ngrx", scope: "code" },
	{ id: "svelte", words: "svelte, sveltekit", scope: "code" },
	{ id: "typescript", words: "typescript, ts, .ts, tsconfig", scope: "code" },
	{
		id: "javascript",
		words:
			"javascript, js, node, node.js, nodejs, jquery, npm, electron, ジャバスクリプト, 자바스크립트, джаваскрипт",
		scope: "code",
	},
	{ id: "css", words: "css, scss, sass, tailwind, flexbox, bootstrap", scope: "code" },
	{ id: "html", words: "html, html5", scope: "code" },
	{
		id: "python",
		words:
			"python, python3, py, django, flask, fastapi, pytest, pip, питон*, пайтон*, パイソン, 파이썬, بايثون, पाइथन, पायथन",
		scope: "code",
	},
	{
		id: "pandas",
		words: "pandas, dataframe, dataframes, polars, pd.read_csv, датафрейм*, データフレーム, 데이터프레임",
		scope: "work",
		data: true,
		not: "panda bear, giant panda, giant pandas, zoo, bamboo, red pandas",
	},
	{
		id: "statistics",
		words:
			"numpy, scipy, statsmodels, scikit-learn, sklearn, matplotlib, seaborn, ggplot2, dplyr, tidyverse, regression, linear regression, anova, t-test, p-value, time series, correlation matrix, data analysis, data science, data set, dataset, datasets, datenanalyse, datensatz*, analisis de datos, analyse de données, jeu de données, análise de dados, analisi dei dati, анализ данных, データ分析, データセット, 数据分析, 数据集, 데이터 분석, 데이터셋, تحليل البيانات",
		scope: "code",
		data: true,
	},
	{
		id: "sql",
		words:
			"sql, mysql, postgres, postgresql, sqlite, t-sql, pl/sql, mariadb, bigquery, snowflake, left join, inner join, group by",
		scope: "work",
		data: true,
	},
	{
		id: "excel",
		words:
			"excel, xlsx, vlookup, xlookup, sverweis, xverweis, summewenn, countif, countifs, sumif, sumifs, pivot table, pivot tables, pivottabelle*, power query, tabla dinámica, tableau croisé dynamique, tabela dinâmica, tabella pivot, эксель, экселе, экселя, エクセル, 엑셀, إكسل, एक्सेल",
		scope: "work",
		data: true,
		not: "excel at, excel in, excels at, excels in, to excel, excelled",
	},
	{
		id: "vba",
		words: "vba, visual basic for applications, excel macro, excel macros, excel-makro",
		scope: "work",
		data: true,
	},
	{
		id: "spreadsheet",
		words:
			"spreadsheet, spreadsheets, google sheets, libreoffice calc, csv, worksheet, tabellenkalkulation, hoja de cálculo, hojas de cálculo, feuille de calcul, tableur, planilha, planilhas, foglio di calcolo, spreadsheetbestand, arkusz kalkulacyjny, arkuszu kalkulacyjnym, электронн* таблиц*, スプレッドシート, 电子表格, 스프레드시트",
		scope: "code",
		data: true,
	},
	{
		id: "php",
		words: "php, symfony, composer.json, phpunit, laravel, eloquent, artisan, wordpress",
		scope: "work",
		not: "an eloquent, eloquent speech, eloquent speaker, artisan bread, artisan coffee, artisan cheese",
	},
	{
		id: "laravel",
		words: "laravel, eloquent, artisan, blade template, blade templates",
		scope: "work",
		not: "an eloquent, eloquent speech, eloquent speaker, artisan bread, artisan coffee, artisan cheese",
	},
	{ id: "wordpress", words: "wordpress, woocommerce, elementor", scope: "work" },
	{
		id: "java",
		words: "java, spring boot, springboot, maven, gradle, hibernate, junit, jvm, джава*",
		scope: "code",
	},
	{ id: "kotlin", words: "kotlin, jetpack compose, android studio", scope: "code" },
	{ id: "swift", words: "swift, swiftui, xcode, objective-c, uikit", scope: "code" },
	{
		id: "csharp",
		words: "c#, csharp, .net, dotnet, asp.net, blazor, entity framework, unity",
		scope: "code",
	},
	{ id: "cpp", words: "c++, cpp, cmake", scope: "code" },
	{ id: "rust", words: "rust, cargo, rustc, borrow checker", scope: "code" },
	{ id: "go", words: "golang, goroutine, goroutines, go module, in go, go code", scope: "code" },
	{ id: "ruby", words: "ruby, rails, ruby on rails", scope: "code" },
	{
		id: "shell",
		words: "bash, shell script, zsh, powershell, awk, sed, grep, cron, crontab",
		scope: "code",
	},
	{
		id: "docker",
		words: "docker, dockerfile, docker-compose, kubernetes, k8s, helm chart, terraform, ansible",
		scope: "code",
	},
	{ id: "git", words: "git, github, gitlab, rebase, merge conflict", scope: "code" },
	{
		id: "regex",
		words:
			"regex, regexp, regular expression, regular expressions, regulären ausdruck, regulärer ausdruck, expresión regular, expression régulière, expressão regular, espressione regolare, регулярк*, регулярное выражение, 正規表現, 正则, 정규식",
		scope: "code",
	},
	{
		id: "documentation",
		words:
			"docstring, docstrings, readme, documentation, api docs, jsdoc, dokumentation, documentación, documentação, documentazione, документаци*, ドキュメント, 文档",
		scope: "code",
	},
	{
		id: "enterprise",
		words:
			"enterprise, enterprises, business logic, erp, sap, crm, salesforce, business report, quarterly report, production report, production reports, inventory report, compliance report, unternehmensbericht*, geschäftslogik, lógica de negocio, logique métier, lógica de negócio, logica di business, бизнес-логик*, 業務ロジック, 业务逻辑, 企业级, 비즈니스 로직",
		scope: "any",
		not: "uss enterprise, starship enterprise, star trek, captain kirk, picard",
	},
];

/** Ids of all topics, in their order. */
export const TOPIC_IDS: readonly string[] = TOPICS.map(({ id }) => id);

const LISTS = new WordLists({
	...Object.fromEntries(TOPICS.map(({ id, words }) => [id, words])),
	...Object.fromEntries(TOPICS.flatMap(({ id, not }) => (not === undefined ? [] : [[`not ${id}`, not]]))),
});

/** Topics of a prompt of that domain, in the order of the table. */
export function topicsOf(prompt: string, domain: ClassifiedDomain): readonly string[] {
	const found = LISTS.in(prompt);
	return TOPICS.filter(
		({ id, scope }) => SCOPES[scope].has(domain) && found.has(id) && !found.has(`not ${id}`),
	).map(({ id }) => id);
}

/** True where one of the topics is about data. */
export function hasDataTopic(topics: readonly string[]): boolean {
	return TOPICS.some(({ id, data }) => data === true && topics.includes(id));
}
