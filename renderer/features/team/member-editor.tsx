import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { DOMAINS, type Domain, type Member, type Tier } from "../../../shared/router.ts";
import { api } from "../../api.ts";
import { act, coreNow } from "../../store.ts";
import { useWords } from "../../words.tsx";

const TIERS: readonly Tier[] = ["tiny", "medium", "versatile", "best"];

/** A member to begin with: of the first installed model that has none. */
export function emptyMember(members: readonly Member[]): Member {
	const taken = new Set(members.map(({ model }) => model));
	const model = coreNow().installed.find(({ name, location }) => location === "local" && !taken.has(name));
	return {
		id: "",
		name: "",
		model: model?.name ?? "",
		domains: ["general"],
		topics: [],
		tier: "versatile",
		rating: 7,
		vision: model?.capabilities.includes("vision") ?? false,
		tools: model?.capabilities.includes("tools") ?? false,
		contextTokens: model?.details.contextLength ?? 8_192,
		memoryGb: model === undefined ? 1 : Math.round((model.sizeBytes / 1024 ** 3) * 11.5) / 10,
		roles: [],
		expertise: [],
		systemPrompt: null,
		temperature: null,
		numCtx: null,
		keepAliveMinutes: null,
	};
}

/** An id made of a name that no other member has. */
function idFor(name: string): string {
	const taken = new Set(coreNow().team.team.members.map(({ id }) => id));
	const plain =
		name
			.toLowerCase()
			.replace(/[^a-z0-9]+/g, "_")
			.replace(/^_+|_+$/g, "")
			.slice(0, 50) || "member";
	let id = plain === "auto" ? "auto_member" : plain;
	for (let again = 2; taken.has(id); again += 1) id = `${plain}_${again}`;
	return id;
}

/** A number as people type it, or null where nothing was. */
function typed(text: string): number | null {
	return text.trim() === "" ? null : Number(text.replace(",", ".").replace("\u2212", "-"));
}

function shown(value: number | null): string {
	return value === null ? "" : String(value);
}

/** Changes a member, or makes a new one; saved as a whole. */
export function MemberEditor(props: {
	readonly member: Member;
	readonly isNew?: boolean;
	readonly onClose: () => void;
}): ReactNode {
	const { member } = props;
	const words = useWords();
	const [draft, setDraft] = useState(member);
	const [figures, setFigures] = useState({
		rating: String(member.rating),
		numCtx: shown(member.numCtx),
		temperature: shown(member.temperature),
		keepAliveMinutes: shown(member.keepAliveMinutes),
	});
	const [topics, setTopics] = useState(member.topics.join(", "));
	const change = (part: Partial<Member>) => setDraft((before) => ({ ...before, ...part }));
	const figure = (name: keyof typeof figures) => ({
		value: figures[name],
		onChange: (text: string) => setFigures((before) => ({ ...before, [name]: text })),
	});

	function toggle(domain: Domain): void {
		const has = draft.domains.includes(domain);
		change({ domains: has ? draft.domains.filter((each) => each !== domain) : [...draft.domains, domain] });
	}

	function save(event: FormEvent): void {
		event.preventDefault();
		const whole = {
			...draft,
			id: props.isNew === true ? idFor(draft.name) : draft.id,
			domains: [...draft.domains],
			topics: topics
				.split(",")
				.map((each) => each.trim().toLowerCase())
				.filter((each) => each !== ""),
			roles: [...draft.roles],
			expertise: [...draft.expertise],
			rating: typed(figures.rating) ?? member.rating,
			numCtx: typed(figures.numCtx),
			temperature: typed(figures.temperature),
			keepAliveMinutes: typed(figures.keepAliveMinutes),
			systemPrompt: draft.systemPrompt?.trim() ? draft.systemPrompt : null,
		};
		act(async () => {
			await api.saveMember({ member: whole });
			props.onClose();
		});
	}

	return (
		<form
			className="member-editor"
			aria-label={
				props.isNew === true ? words.say("team.new") : words.say("team.edit", { member: member.name })
			}
			onSubmit={save}
			onKeyDown={(event) => {
				if (event.key !== "Escape") return;
				event.preventDefault();
				props.onClose();
			}}
		>
			<Field
				label={words.say("team.field-name")}
				first
				value={draft.name}
				required
				onChange={(name) => change({ name })}
			/>
			<Field
				label={words.say("team.field-model")}
				value={draft.model}
				required
				onChange={(model) => change({ model })}
			/>
			<fieldset>
				<legend>{words.say("team.field-domains")}</legend>
				<div className="topics">
					{DOMAINS.map((domain) => (
						<button
							key={domain}
							type="button"
							className="button button-small"
							aria-pressed={draft.domains.includes(domain)}
							onClick={() => toggle(domain)}
						>
							{words.say(`route.domain-${domain}`)}
						</button>
					))}
				</div>
			</fieldset>
			<Field label={words.say("team.field-topics")} value={topics} onChange={setTopics} />
			<label>
				{words.say("team.field-tier")}
				<select
					className="popup"
					value={draft.tier}
					onChange={(event) => change({ tier: event.target.value as Tier })}
				>
					{TIERS.map((tier) => (
						<option key={tier} value={tier}>
							{words.say(`team.field-tier-${tier}`)}
						</option>
					))}
				</select>
			</label>
			<Field label={words.say("team.field-rating")} inputMode="decimal" {...figure("rating")} />
			<Field label={words.say("team.field-context")} inputMode="numeric" {...figure("numCtx")} />
			<Field label={words.say("team.field-temperature")} inputMode="decimal" {...figure("temperature")} />
			<Field label={words.say("team.field-keep")} inputMode="decimal" {...figure("keepAliveMinutes")} />
			<label className="is-wide">
				{words.say("team.field-system")}
				<textarea
					className="line-field"
					rows={3}
					value={draft.systemPrompt ?? ""}
					onChange={(event) => change({ systemPrompt: event.target.value })}
				/>
			</label>
			<div className="member-foot">
				<button type="submit" className="button button-small button-accent">
					{words.say("team.save")}
				</button>
				<button type="button" className="button button-small" onClick={props.onClose}>
					{words.say("ui.cancel")}
				</button>
				{props.isNew === true ? null : (
					<button
						type="button"
						className="button button-small button-plain"
						onClick={() => act(() => api.removeMember({ id: member.id }))}
					>
						{words.say("team.remove")}
					</button>
				)}
			</div>
		</form>
	);
}

function Field(props: {
	readonly label: string;
	readonly value: string;
	readonly required?: boolean;
	readonly inputMode?: "decimal" | "numeric";
	/** It has the focus when it comes. */
	readonly first?: boolean;
	readonly onChange: (text: string) => void;
}): ReactNode {
	const id = useId();
	const field = useRef<HTMLInputElement>(null);
	const { first = false } = props;
	useEffect(() => {
		if (first) field.current?.focus();
	}, [first]);
	return (
		<label htmlFor={id} className={props.inputMode === undefined ? "is-wide" : ""}>
			{props.label}
			<input
				id={id}
				ref={field}
				className="line-field"
				value={props.value}
				required={props.required ?? false}
				inputMode={props.inputMode ?? "text"}
				spellCheck={false}
				autoCapitalize="off"
				onChange={(event) => props.onChange(event.target.value)}
			/>
		</label>
	);
}
