import type { ReactNode } from "react";
import { AppError } from "../../../shared/errors.ts";
import type { CallInput } from "../../../shared/ipc.ts";
import type { AppState } from "../../../shared/state.ts";
import { BYTES_PER_MB } from "../../../shared/units.ts";
import { api } from "../../api.ts";
import { Icon } from "../../icon.tsx";
import { usePending } from "../../pending.ts";
import { act, useCore } from "../../store.ts";
import { useWords, type Words } from "../../words.tsx";
import { LastProblem, ProblemNotice } from "../problem/problem.tsx";
import { ChoiceRow, FactRow, SnippetRow, SwitchRow, TextRow } from "./setting-rows.tsx";

function change(settings: CallInput<"changeSettings">): void {
	act(() => api.changeSettings(settings));
}

/** A number as people type it, with a comma or a point; NaN where it is none. */
function typedNumber(text: string | null): number {
	return text === null || text === "" ? Number.NaN : Number(text.replace(",", "."));
}

/** A number as it is written in the popover's language. */
function figure(number: number, words: Words): string {
	return number.toLocaleString(words.language);
}

/** Origins as they are typed, with blanks or commas between them. */
function typedOrigins(text: string | null): string[] {
	return (text ?? "").split(/[\s,]+/).filter((each) => each !== "");
}

function isOrigin(text: string): boolean {
	return /^https?:\/\//i.test(text) && URL.canParse(text);
}

/** Everything that can be set, and what Plimsoll itself takes. */
export function SettingsPage({ onTeam }: { readonly onTeam: () => void }): ReactNode {
	const problem = useCore((state) => state.settingsProblem);
	return (
		<div className="content">
			{problem === null ? null : (
				<ProblemNotice problem={problem}>
					<OpenDataFolder />
				</ProblemNotice>
			)}
			<LastProblem />
			<div className="settings">
				<Safety />
				<General onTeam={onTeam} />
				<Engine />
				<Residency />
				<Pressure />
				<GatewaySettings />
				<About />
			</div>
		</div>
	);
}

function OpenDataFolder(): ReactNode {
	const words = useWords();
	return (
		<button
			type="button"
			className="button button-small"
			onClick={() => act(() => api.openPlace({ place: "data-folder" }))}
		>
			{words.say("ui.open-data-folder")}
		</button>
	);
}

function loginNote(status: AppState["shell"]["loginItem"], words: Words): string | undefined {
	switch (status) {
		case "requires-approval":
			return words.say("ui.login-approval");
		case "not-found":
			return words.say("ui.login-not-found");
		case "unsupported":
			return words.say("ui.login-unsupported");
		case "enabled":
		case "not-registered":
			return undefined;
	}
}

function General({ onTeam }: { readonly onTeam: () => void }): ReactNode {
	const words = useWords();
	const members = useCore((state) => state.team.team.members.length);
	const { language, app } = useCore((state) => state.settings);
	const shell = useCore((state) => state.shell);
	const note = loginNote(shell.loginItem, words);
	const [open, , wishOpen] = usePending(
		shell.loginItem === "enabled" || shell.loginItem === "requires-approval",
	);
	return (
		<>
			<h2>{words.say("ui.general")}</h2>
			<div className="group">
				<SwitchRow
					label={words.say("ui.open-at-login")}
					{...(note === undefined ? {} : { note })}
					on={open}
					disabled={shell.loginItem === "unsupported"}
					onChange={(on) => {
						wishOpen(on);
						act(() => api.setOpenAtLogin({ open: on }));
					}}
				/>
				{shell.loginItem === "requires-approval" ? (
					<button
						type="button"
						className="setting setting-link"
						onClick={() => act(() => api.openPlace({ place: "login-items-settings" }))}
					>
						<span>{words.say("ui.open-login-items")}</span>
						<span className="value">
							<Icon name="right" />
						</span>
					</button>
				) : null}
				<button type="button" className="setting setting-link" onClick={onTeam}>
					<span>{words.say("ui.team")}</span>
					<span className="value">
						{words.say("ui.team-size", { count: members })}
						<Icon name="right" />
					</span>
				</button>
				<ChoiceRow
					label={words.say("ui.language")}
					value={language}
					choices={[
						["system", words.say("ui.language-system")],
						["en", "English"],
						["de", "Deutsch"],
					]}
					onChange={(value) => change({ language: value })}
				/>
				{shell.host === "app" ? (
					<>
						<SwitchRow
							label={words.say("ui.notifications")}
							note={words.say("ui.notifications-note")}
							on={app.notifications}
							onChange={(on) => change({ app: { notifications: on } })}
						/>
						<TextRow
							label={words.say("ui.shortcut")}
							note={words.say(
								app.shortcut === null
									? "ui.shortcut-none"
									: shell.shortcutHeld === false
										? "ui.shortcut-taken"
										: "ui.shortcut-held",
							)}
							value={app.shortcut ?? ""}
							placeholder="Control+Shift+P"
							onChange={(value) => change({ app: { shortcut: value } })}
						/>
					</>
				) : null}
			</div>
		</>
	);
}

function Engine(): ReactNode {
	const words = useWords();
	const url = useCore((state) => state.settings.engine.url);
	const engine = useCore((state) => state.engine);
	return (
		<>
			<h2>{words.say("ui.engine")}</h2>
			<div className="group">
				<TextRow
					label={words.say("ui.engine-address")}
					note={words.say(`ui.address-from-${engine.source}`, { url: engine.url })}
					value={url ?? ""}
					placeholder={engine.source === "demo" ? "http://127.0.0.1:11434" : engine.url}
					inputMode="url"
					onChange={(value) => change({ engine: { url: value } })}
				/>
				<FactRow
					label={words.say("ui.engine-version")}
					value={engine.version === null ? words.say("ui.unknown") : engine.version}
				/>
			</div>
		</>
	);
}

function Residency(): ReactNode {
	const words = useWords();
	const { keepFreeGb, mode, profile, edge, atExit, atStart, idleMinutes, idleUnderGb, keepAliveMinutes } =
		useCore((state) => state.settings.residency);
	return (
		<>
			<h2>{words.say("ui.residency")}</h2>
			<div className="group">
				<TextRow
					label={words.say("ui.keep-free")}
					note={words.say("ui.keep-free-note")}
					value={String(keepFreeGb)}
					placeholder="1"
					inputMode="decimal"
					check={(text) => (typedNumber(text) >= 0 ? null : words.say("ui.keep-free-wrong"))}
					onChange={(value) => change({ residency: { keepFreeGb: typedNumber(value) } })}
				/>
				<ChoiceRow
					label={words.say("ui.mode")}
					note={words.say("ui.mode-note")}
					value={mode}
					choices={[
						["auto", words.say("ui.mode-auto")],
						["single", words.say("ui.mode-single")],
						["many", words.say("ui.mode-many")],
					]}
					onChange={(value) => change({ residency: { mode: value } })}
				/>
				<ChoiceRow
					label={words.say("ui.profile")}
					note={words.say("ui.profile-note")}
					value={profile}
					choices={[
						["balanced", words.say("ui.profile-balanced")],
						["original", words.say("ui.profile-original")],
					]}
					onChange={(value) => change({ residency: { profile: value } })}
				/>
				<SwitchRow
					label={words.say("ui.edge")}
					note={words.say("ui.edge-note")}
					on={edge}
					onChange={(on) => change({ residency: { edge: on } })}
				/>
				<TextRow
					label={words.say("ui.keep-alive")}
					note={words.say("ui.keep-alive-note")}
					value={keepAliveMinutes === null ? "" : String(keepAliveMinutes)}
					placeholder={words.say("ui.keep-alive-engine")}
					inputMode="decimal"
					onChange={(value) =>
						change({ residency: { keepAliveMinutes: value === null ? null : typedNumber(value) } })
					}
				/>
				<TextRow
					label={words.say("ui.idle-minutes")}
					note={words.say("ui.idle-minutes-note", { gb: figure(idleUnderGb, words) })}
					value={String(idleMinutes)}
					placeholder="0"
					inputMode="decimal"
					onChange={(value) =>
						change({ residency: { idleMinutes: value === null ? 0 : typedNumber(value) } })
					}
				/>
				<ChoiceRow
					label={words.say("ui.at-start")}
					note={words.say("ui.at-start-note")}
					value={atStart}
					choices={[
						["off", words.say("ui.at-start-off")],
						["own", words.say("ui.at-start-own")],
						["all", words.say("ui.at-start-all")],
					]}
					onChange={(value) => change({ residency: { atStart: value } })}
				/>
				<ChoiceRow
					label={words.say("ui.at-exit")}
					note={words.say("ui.at-exit-note")}
					value={atExit}
					choices={[
						["leave", words.say("ui.at-exit-leave")],
						["own", words.say("ui.at-exit-own")],
						["all", words.say("ui.at-exit-all")],
					]}
					onChange={(value) => change({ residency: { atExit: value } })}
				/>
			</div>
		</>
	);
}

/** What Plimsoll does by itself when memory gets short, named by the levels that lead to it. */
function Safety(): ReactNode {
	const words = useWords();
	const { watchdog, pressure } = useCore((state) => state.settings);
	const onLinux = useCore((state) => state.machine?.source === "linux");
	const { enabled } = watchdog;
	const seconds = watchdog.highEverySeconds;
	return (
		<>
			<h2>{words.say("ui.safety")}</h2>
			<div className="group">
				<SwitchRow
					label={words.say("ui.watchdog-on")}
					note={words.say("ui.watchdog-on-note")}
					on={enabled}
					onChange={(on) => change({ watchdog: { enabled: on } })}
				/>
				<SwitchRow
					label={words.say("ui.at-95")}
					note={
						onLinux
							? words.say("ui.at-95-note-linux", {
									percent: figure(pressure.linux.highUsedPercent, words),
									seconds,
								})
							: words.say("ui.at-95-note", {
									percent: figure(pressure.macos.highAvailablePercent, words),
									mb: pressure.macos.highGrowthMbPerSecond,
									seconds,
								})
					}
					on={watchdog.unloadsAtHigh}
					disabled={!enabled}
					onChange={(on) => change({ watchdog: { unloadsAtHigh: on } })}
				/>
				<SwitchRow
					label={words.say("ui.at-99")}
					note={
						onLinux
							? words.say("ui.at-99-note-linux", {
									percent: figure(pressure.linux.criticalUsedPercent, words),
								})
							: words.say("ui.at-99-note", {
									percent: figure(pressure.macos.criticalAvailablePercent, words),
									mb: pressure.macos.criticalGrowthMbPerSecond,
								})
					}
					on={watchdog.emergencyAtCritical}
					disabled={!enabled}
					onChange={(on) => change({ watchdog: { emergencyAtCritical: on } })}
				/>
				<SwitchRow
					label={words.say("ui.ends-hopeless")}
					note={words.say("ui.ends-hopeless-note", { gb: figure(watchdog.loadKeepsFreeGb, words) })}
					on={watchdog.endsHopelessLoads}
					disabled={!enabled}
					onChange={(on) => change({ watchdog: { endsHopelessLoads: on } })}
				/>
				<SwitchRow
					label={words.say("ui.brings-back")}
					note={words.say("ui.brings-back-note")}
					on={watchdog.bringsBack}
					disabled={!enabled}
					onChange={(on) => change({ watchdog: { bringsBack: on } })}
				/>
			</div>
		</>
	);
}

/** The thresholds as what they are; they are changed in the settings file. */
function Pressure(): ReactNode {
	const words = useWords();
	const pressure = useCore((state) => state.settings.pressure);
	const platform = useCore((state) => (state.machine?.source === "linux" ? "linux" : "macos"));
	const rows =
		platform === "linux"
			? [
					[
						"ui.level-title-elevated",
						words.say("ui.threshold-used", { percent: figure(pressure.linux.elevatedUsedPercent, words) }),
					],
					[
						"ui.level-title-high",
						words.say("ui.threshold-used", { percent: figure(pressure.linux.highUsedPercent, words) }),
					],
					[
						"ui.level-title-critical",
						words.say("ui.threshold-used", { percent: figure(pressure.linux.criticalUsedPercent, words) }),
					],
				]
			: [
					[
						"ui.level-title-elevated",
						words.say("ui.threshold-available", {
							percent: figure(pressure.macos.elevatedAvailablePercent, words),
						}),
					],
					[
						"ui.level-title-high",
						words.say("ui.threshold-available-swap", {
							percent: figure(pressure.macos.highAvailablePercent, words),
							mb: pressure.macos.highGrowthMbPerSecond,
						}),
					],
					[
						"ui.level-title-critical",
						words.say("ui.threshold-available-swap", {
							percent: figure(pressure.macos.criticalAvailablePercent, words),
							mb: pressure.macos.criticalGrowthMbPerSecond,
						}),
					],
				];
	return (
		<>
			<h2>{words.say("ui.pressure-title")}</h2>
			<div className="group">
				{rows.map(([id, value]) => (
					<FactRow key={id} label={words.say(id as "ui.level-title-high")} value={value ?? ""} />
				))}
			</div>
			<p className="setting-note">{words.say("ui.thresholds-note")}</p>
		</>
	);
}

function GatewaySettings(): ReactNode {
	const words = useWords();
	const set = useCore((state) => state.settings.gateway);
	const gateway = useCore((state) => state.gateway);
	const note =
		gateway.error !== null
			? words.render(AppError.from(gateway.error).said)
			: gateway.wantedPort === null
				? words.say("ui.port-note")
				: words.say("ui.port-taken-note", { wanted: gateway.wantedPort, port: gateway.port ?? 0 });
	return (
		<>
			<h2>{words.say("ui.gateway")}</h2>
			<div className="group">
				<TextRow
					label={words.say("ui.port")}
					note={note}
					value={String(set.port)}
					placeholder="11435"
					inputMode="numeric"
					check={(text) =>
						/^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? null : words.say("ui.port-wrong")
					}
					onChange={(value) => change({ gateway: { port: typedNumber(value) } })}
				/>
				<SwitchRow
					label={words.say("ui.require-token")}
					note={words.say("ui.require-token-note")}
					on={set.requireToken}
					onChange={(on) => change({ gateway: { requireToken: on } })}
				/>
				<TextRow
					label={words.say("ui.allowed-origins")}
					note={words.say("ui.allowed-origins-note")}
					value={set.allowedOrigins.join(" ")}
					placeholder="https://chat.example"
					check={(text) => {
						const wrong = typedOrigins(text).find((each) => !isOrigin(each));
						return wrong === undefined ? null : words.say("ui.origin-wrong", { origin: wrong });
					}}
					onChange={(value) => change({ gateway: { allowedOrigins: typedOrigins(value) } })}
				/>
				{gateway.port === null ? null : <SnippetRow text={`export OLLAMA_HOST=127.0.0.1:${gateway.port}`} />}
			</div>
		</>
	);
}

function About(): ReactNode {
	const words = useWords();
	const { version, dataDir } = useCore((state) => state.app);
	const own = useCore((state) => state.shell.ownMemoryBytes);
	return (
		<>
			<h2>{words.say("ui.about")}</h2>
			<div className="group">
				<FactRow label="Plimsoll" value={version} />
				<FactRow
					label={words.say("ui.own-memory")}
					value={
						own === null
							? words.say("ui.unknown")
							: words.say("ui.mb", { mb: Math.round(own / BYTES_PER_MB) })
					}
				/>
				<button
					type="button"
					className="setting setting-link"
					onClick={() => act(() => api.openPlace({ place: "data-folder" }))}
				>
					<span>
						{words.say("ui.data-folder")}
						<small className="path">{dataDir}</small>
					</span>
					<span className="value">
						<Icon name="right" />
					</span>
				</button>
				<button type="button" className="setting setting-link" onClick={() => act(() => api.quit(null))}>
					<span>{words.say("ui.quit")}</span>
				</button>
			</div>
		</>
	);
}
