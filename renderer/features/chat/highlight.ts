import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import cpp from "highlight.js/lib/languages/cpp";
import css from "highlight.js/lib/languages/css";
import go from "highlight.js/lib/languages/go";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import php from "highlight.js/lib/languages/php";
import python from "highlight.js/lib/languages/python";
import ruby from "highlight.js/lib/languages/ruby";
import rust from "highlight.js/lib/languages/rust";
import sql from "highlight.js/lib/languages/sql";
import swift from "highlight.js/lib/languages/swift";
import typescript from "highlight.js/lib/languages/typescript";
import vbnet from "highlight.js/lib/languages/vbnet";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";

const languages = {
	bash,
	c,
	cpp,
	css,
	go,
	java,
	javascript,
	json,
	php,
	python,
	ruby,
	rust,
	sql,
	swift,
	typescript,
	vbnet,
	xml,
	yaml,
};
for (const [name, language] of Object.entries(languages)) hljs.registerLanguage(name, language);
hljs.registerAliases(["vba", "vb"], { languageName: "vbnet" });
hljs.registerAliases(["vue", "svelte"], { languageName: "xml" });

/** A stretch of code that looks the same. */
export interface CodePiece {
	readonly text: string;
	/** Class of its colour, or empty. */
	readonly look: "k" | "s" | "f" | "c" | "";
}

const LOOKS: Readonly<Record<string, CodePiece["look"]>> = {
	keyword: "k",
	built_in: "k",
	literal: "k",
	type: "f",
	title: "f",
	attr: "f",
	name: "f",
	string: "s",
	regexp: "s",
	number: "s",
	comment: "c",
	quote: "c",
	meta: "c",
};

/** The part of highlight.js's tree that is read; its own type leaves the root out. */
interface Branch {
	readonly scope?: string;
	readonly children: readonly (Branch | string)[];
}

/** Splits code into coloured pieces; null for a language that is not known. Nothing here is ever parsed as HTML. */
export function highlight(text: string, language: string): readonly CodePiece[] | null {
	if (hljs.getLanguage(language) === undefined) return null;
	const result = hljs.highlight(text, { language, ignoreIllegals: true });
	const pieces: CodePiece[] = [];
	const walk = (branch: Branch, look: CodePiece["look"]): void => {
		for (const child of branch.children) {
			if (typeof child === "string") pieces.push({ text: child, look });
			else walk(child, LOOKS[child.scope?.split(".")[0] ?? ""] ?? look);
		}
	};
	walk((result._emitter as unknown as { readonly rootNode: Branch }).rootNode, "");
	return pieces;
}
