import { memo, type ReactNode } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import rehypeSanitize, { defaultSchema } from "rehype-sanitize";
import remarkGfm from "remark-gfm";
import { useWords } from "../../words.tsx";
import { CodeBlock } from "./code-block.tsx";

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
	return <span className="muted">{words.say("ui.picture-left-out", { alt: alt ?? "" })}</span>;
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

/** An answer's text, formatted. */
export const Markdown = memo(function Markdown({ text }: { readonly text: string }): ReactNode {
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
