import { memo, type ReactNode } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import rehypeSanitize, { defaultSchema } from "rehype-sanitize";
import remarkGfm from "remark-gfm";
import { useWords } from "../../words.tsx";
import { Code, CodeBlock } from "./code-block.tsx";
import { splitMarkdown } from "./split-markdown.ts";

/** An answer is not to be trusted: no pictures (they would be fetched), no raw HTML, and links are only shown. */
const schema = {
	...defaultSchema,
	tagNames: (defaultSchema.tagNames ?? []).filter((name) => name !== "img" && name !== "input"),
};

function Link({
	href,
	children,
}: {
	readonly href?: string | undefined;
	readonly children?: ReactNode;
}): ReactNode {
	return (
		<span className="link">
			{children}
			{href === undefined ? null : <bdi className="link-address"> ({href})</bdi>}
		</span>
	);
}

function Picture({ alt }: { readonly alt?: string | undefined }): ReactNode {
	const words = useWords();
	return <span className="muted">{words.say("chat.picture-left-out", { alt: alt ?? "" })}</span>;
}

const components: Components = {
	a: ({ href, children }) => <Link href={href}>{children}</Link>,
	img: ({ alt }) => <Picture alt={alt} />,
	pre: ({ children }) => <CodeBlock>{children}</CodeBlock>,
	h1: ({ children }) => <h2>{children}</h2>,
	table: ({ children }) => (
		<div className="table">
			<table>{children}</table>
		</div>
	),
};

/** A block, formatted once for as long as it does not grow. */
const Block = memo(function Block({ text }: { readonly text: string }): ReactNode {
	return (
		<ReactMarkdown
			remarkPlugins={[remarkGfm]}
			rehypePlugins={[[rehypeSanitize, schema]]}
			components={components}
		>
			{text}
		</ReactMarkdown>
	);
});

/** A fence that has not ended yet; formatting it again with each word would hold up the page. */
const OPEN_FENCE = /^ {0,3}(`{3,}|~{3,})([\w+#-]*)[^\n]*\n/;

/** An answer's text, formatted block by block. */
export const Markdown = memo(function Markdown(props: {
	readonly text: string;
	/** More is coming. */
	readonly growing: boolean;
}): ReactNode {
	const blocks = splitMarkdown(props.text);
	return blocks.map(({ at, text }, index) => {
		const fence = props.growing && index === blocks.length - 1 ? OPEN_FENCE.exec(text) : null;
		if (fence === null) return <Block key={at} text={text} />;
		const [opening, marks = "", language = ""] = fence;
		const end = text.indexOf(`\n${marks}`, opening.length - 1);
		if (end !== -1) return <Block key={at} text={text} />;
		return <Code key={at} text={text.slice(opening.length)} language={language} growing />;
	});
});
