import { type ReactNode, useRef, useState } from "react";
import type { Message } from "../../../shared/messages/message.ts";
import { normalizeModelName } from "../../../shared/model-name.ts";
import type { Member } from "../../../shared/router.ts";
import { fromGb } from "../../../shared/units.ts";
import { api } from "../../api.ts";
import { Icon } from "../../icon.tsx";
import { modelLabel } from "../../model-label.ts";
import { act, useCore } from "../../store.ts";
import { useWords } from "../../words.tsx";
import { MemberEditor } from "./member-editor.tsx";

/** Domains that a row has room for. */
const SHOWN_DOMAINS = 2;

function is(model: string): (each: { readonly name: string }) => boolean {
	const wanted = normalizeModelName(model);
	return ({ name }) => normalizeModelName(name) === wanted;
}

/** One member: who it is, how its model stands, and a way to change it. */
export function MemberRow(props: {
	readonly member: Member;
	/** Why it is what it is, where that was worked out. */
	readonly lines: readonly Message[];
	readonly open: boolean;
	readonly onToggle: () => void;
	readonly onClose: () => void;
}): ReactNode {
	const { member, lines, open } = props;
	const words = useWords();
	const edit = useRef<HTMLButtonElement>(null);
	const { base, tag } = modelLabel(member.model);
	const installed = useCore((state) => state.installed.some(is(member.model)));
	const domains = member.domains.slice(0, SHOWN_DOMAINS).map((domain) => words.say(`route.domain-${domain}`));
	return (
		<li className="row member" tabIndex={-1} data-row="">
			<div>
				<div className="name truncate">
					<span>
						<bdi>{member.name}</bdi>{" "}
						<span className="role">
							{domains.length > 0 ? domains.join(", ") : words.say("team.never-by-itself")}
						</span>
					</span>
				</div>
				<div className="meta">
					<bdi>{tag === "" ? base : `${base} ${tag}`}</bdi>
					<span className="dot" />
					{installed ? words.gb(fromGb(member.memoryGb)) : words.say("team.missing")}
				</div>
			</div>
			{installed ? <Standing model={member.model} /> : <Missing member={member} />}
			<button
				ref={edit}
				type="button"
				className="icon-button icon-button-small"
				tabIndex={-1}
				aria-expanded={open}
				aria-label={words.say("team.edit", { member: member.name })}
				onClick={props.onToggle}
			>
				<Icon name={open ? "down" : "right"} />
			</button>
			{open ? (
				<div className="member-open">
					{lines.length === 0 ? null : (
						<ul className="member-lines">
							{lines.map((line) => (
								<li key={line.id}>{words.render(line)}</li>
							))}
						</ul>
					)}
					<MemberEditor
						member={member}
						onClose={() => {
							props.onClose();
							edit.current?.focus();
						}}
					/>
				</div>
			) : null}
		</li>
	);
}

function Standing({ model }: { readonly model: string }): ReactNode {
	const words = useWords();
	const loaded = useCore((state) => state.loaded.some(is(model)));
	const over = useCore((state) => state.budget?.fits.find(is(model))?.outcome === "over");
	return (
		<span className="state">
			{words.say(loaded ? "team.loaded" : over ? "team.does-not-fit" : "team.installed")}
		</span>
	);
}

/** A member whose model has to be pulled; the room on the disk is looked at before. */
function Missing({ member }: { readonly member: Member }): ReactNode {
	const words = useWords();
	const pull = useCore((state) =>
		state.pulls.find((each) => each.state === "running" && is(member.model)(each)),
	);
	const [asked, setAsked] = useState<{ readonly freeBytes: number | null } | null>(null);
	const bytes = fromGb(member.memoryGb);
	const { spoken } = modelLabel(member.model);
	if (pull !== undefined) {
		const share = pull.totalBytes === null ? null : Math.min(1, pull.doneBytes / pull.totalBytes);
		return (
			<>
				<button
					type="button"
					className="button button-small"
					tabIndex={-1}
					onClick={() => act(() => api.cancelPull({ pullId: pull.id }))}
				>
					{words.say("ui.cancel")}
				</button>
				<div
					className={`progress member-progress${share === null ? " is-unsure" : ""}`}
					role="progressbar"
					aria-label={words.say("ui.pulling-model", { model: spoken })}
					aria-valuemin={0}
					aria-valuemax={100}
					{...(share === null ? {} : { "aria-valuenow": Math.round(share * 100) })}
				>
					<i style={{ inlineSize: `${(share ?? 0) * 100}%` }} />
				</div>
			</>
		);
	}
	return (
		<>
			<button
				type="button"
				className="button button-small"
				tabIndex={-1}
				aria-expanded={asked !== null}
				aria-label={words.say("team.pull-model", { model: spoken, bytes })}
				onClick={() =>
					act(async () => setAsked(asked === null ? { freeBytes: await api.modelsDisk(null) } : null))
				}
			>
				{words.say("team.pull", { bytes })}
			</button>
			{asked === null ? null : (
				<div className="member-open member-asks" role="group">
					<p>
						{asked.freeBytes === null
							? words.say("team.pull-unknown", { bytes })
							: words.say(asked.freeBytes < bytes ? "team.pull-tight" : "team.pull-room", {
									bytes,
									freeBytes: asked.freeBytes,
								})}
					</p>
					<button
						type="button"
						className="button button-small"
						tabIndex={-1}
						onClick={() => {
							setAsked(null);
							act(() => api.pull({ model: member.model }));
						}}
					>
						{words.say("ui.pull")}
					</button>
				</div>
			)}
		</>
	);
}
