import type { Page } from "@playwright/test";

/** What a page did between two moments. */
export interface RenderingCost {
	/** How often it was laid out. */
	readonly layouts: number;
	/** Reads that force a layout at once, by the name of what was read. */
	readonly forcedReads: readonly string[];
	/** Sum of layout shifts that no input caused. */
	readonly shift: number;
	/** Properties of inline styles that changed. */
	readonly changedStyles: readonly string[];
	/** Attributes other than the style that changed, as `tag.class@attribute`. */
	readonly changedAttributes: readonly string[];
	/** Classes of the elements whose text changed. */
	readonly changedTexts: readonly string[];
	/** Parts of the page (their nearest region or list, by label) in which React rendered a component. */
	readonly renderedIn: readonly string[];
}

interface Watch {
	readonly forcedReads: string[];
	readonly changedStyles: Set<string>;
	readonly changedAttributes: Set<string>;
	readonly changedTexts: Set<string>;
	readonly renderedIn: Set<string>;
	shift: number;
}

/**
 * Lets later calls of {@link renderingCostOf} see which components React renders. Must run before the page is opened;
 * React reports every commit to this hook, which its developer tools use too.
 */
export async function watchCommits(page: Page): Promise<void> {
	await page.addInitScript(() => {
		interface Fiber {
			readonly tag: number;
			readonly flags: number;
			readonly child: Fiber | null;
			readonly sibling: Fiber | null;
			readonly return: Fiber | null;
			readonly stateNode: unknown;
		}
		/** Function components, memoised and forwarded ones, by React's own numbers; and host elements. */
		const COMPONENTS = new Set([0, 11, 14, 15]);
		const HOST = 5;
		const PERFORMED_WORK = 1;
		let known = new WeakSet<Fiber>();

		function elementOf(fiber: Fiber): Element | null {
			for (let each: Fiber | null = fiber.child; each !== null; each = each.child)
				if (each.tag === HOST && each.stateNode instanceof Element) return each.stateNode;
			for (let each: Fiber | null = fiber.return; each !== null; each = each.return)
				if (each.tag === HOST && each.stateNode instanceof Element) return each.stateNode;
			return null;
		}
		function walk(fiber: Fiber | null, visit: (fiber: Fiber) => boolean): void {
			for (let each = fiber; each !== null; each = each.sibling) if (visit(each)) walk(each.child, visit);
		}
		const place = globalThis as unknown as {
			__REACT_DEVTOOLS_GLOBAL_HOOK__: unknown;
			onReactRender?: (element: Element) => void;
		};
		place.__REACT_DEVTOOLS_GLOBAL_HOOK__ = {
			isDisabled: false,
			supportsFiber: true,
			inject: () => 1,
			onCommitFiberUnmount: () => undefined,
			onPostCommitFiberRoot: () => undefined,
			onCommitFiberRoot(_id: number, root: { readonly current: Fiber }) {
				walk(root.current, (fiber) => {
					// What was there at the last commit was not touched by this one, nor was anything below it.
					if (known.has(fiber)) return false;
					if (COMPONENTS.has(fiber.tag) && (fiber.flags & PERFORMED_WORK) !== 0) {
						const element = elementOf(fiber);
						if (element !== null) place.onReactRender?.(element);
					}
					return true;
				});
				known = new WeakSet();
				walk(root.current, (fiber) => {
					known.add(fiber);
					return true;
				});
			},
		};
	});
}

/** Does something and tells what it cost the page, once two frames have been drawn after it. */
export async function renderingCostOf(page: Page, action: () => Promise<void>): Promise<RenderingCost> {
	const session = await page.context().newCDPSession(page);
	await session.send("Performance.enable");
	const layoutCount = async () => {
		const { metrics } = await session.send("Performance.getMetrics");
		return metrics.find(({ name }) => name === "LayoutCount")?.value ?? Number.NaN;
	};
	const settle = () =>
		page.evaluate(
			() =>
				new Promise<void>((resolve) => {
					requestAnimationFrame(() => requestAnimationFrame(() => resolve()));
				}),
		);

	await page.evaluate(() => {
		const watch: Watch = {
			forcedReads: [],
			changedStyles: new Set(),
			changedAttributes: new Set(),
			changedTexts: new Set(),
			renderedIn: new Set(),
			shift: 0,
		};
		const place = globalThis as unknown as {
			renderWatch: Watch;
			onReactRender?: (element: Element) => void;
			readsWatched?: boolean;
		};
		place.renderWatch = watch;

		const look = {
			regionOf(element: Element): string {
				const region = element.closest("[aria-label]");
				return region?.getAttribute("aria-label") ?? "page";
			},
			stylesOf(text: string | null): ReadonlyMap<string | undefined, string | undefined> {
				return new Map(
					(text ?? "").split(";").map((part) => {
						const [name, value] = part.split(":");
						return [name?.trim(), value?.trim()];
					}),
				);
			},
		};
		place.onReactRender = (element) => place.renderWatch.renderedIn.add(look.regionOf(element));

		if (place.readsWatched !== true) {
			place.readsWatched = true;
			const spyOn = (owner: object, name: string) => {
				const property = Object.getOwnPropertyDescriptor(owner, name);
				if (property === undefined) return;
				const told = (real: (...parts: never[]) => unknown) =>
					function read(this: unknown, ...parts: never[]) {
						place.renderWatch.forcedReads.push(name);
						return real.apply(this, parts);
					};
				if (typeof property.value === "function")
					Object.defineProperty(owner, name, { ...property, value: told(property.value) });
				else if (property.get !== undefined)
					Object.defineProperty(owner, name, { ...property, get: told(property.get) });
			};
			for (const name of [
				"getBoundingClientRect",
				"getClientRects",
				"clientWidth",
				"clientHeight",
				"clientTop",
				"scrollWidth",
				"scrollHeight",
				"scrollTop",
				"scrollIntoView",
			])
				spyOn(Element.prototype, name);
			for (const name of [
				"offsetWidth",
				"offsetHeight",
				"offsetTop",
				"offsetLeft",
				"offsetParent",
				"innerText",
				"focus",
			])
				spyOn(HTMLElement.prototype, name);
			for (const name of ["getComputedStyle", "innerWidth", "innerHeight", "scrollY"])
				spyOn(globalThis, name);
			for (const name of ["getBoundingClientRect", "getClientRects"]) spyOn(Range.prototype, name);
		}

		new PerformanceObserver((list) => {
			for (const entry of list.getEntries() as unknown as readonly {
				value: number;
				hadRecentInput: boolean;
			}[])
				if (!entry.hadRecentInput) place.renderWatch.shift += entry.value;
		}).observe({ type: "layout-shift" });

		new MutationObserver((changes) => {
			const now = place.renderWatch;
			if (now !== watch) return;
			for (const change of changes) {
				const element = change.target instanceof Element ? change.target : change.target.parentElement;
				if (element === null || element.closest(".visually-hidden") !== null) continue;
				if (change.type === "attributes" && change.attributeName === "style") {
					const before = look.stylesOf(change.oldValue);
					const after = look.stylesOf(element.getAttribute("style"));
					for (const name of new Set([...before.keys(), ...after.keys()]))
						if (name !== undefined && before.get(name) !== after.get(name)) now.changedStyles.add(name);
				} else if (change.type === "attributes")
					now.changedAttributes.add(
						`${element.tagName.toLowerCase()}.${element.className}@${change.attributeName}`,
					);
				else
					now.changedTexts.add(`${element.tagName.toLowerCase()}.${element.parentElement?.className ?? ""}`);
			}
		}).observe(document.body, {
			subtree: true,
			childList: true,
			characterData: true,
			attributes: true,
			attributeOldValue: true,
		});
	});
	await settle();
	const before = await layoutCount();
	await action();
	await settle();
	const layouts = (await layoutCount()) - before;
	const seen = await page.evaluate(() => {
		const { renderWatch } = globalThis as unknown as { renderWatch: Watch };
		return {
			forcedReads: renderWatch.forcedReads,
			shift: renderWatch.shift,
			changedStyles: [...renderWatch.changedStyles],
			changedAttributes: [...renderWatch.changedAttributes],
			changedTexts: [...renderWatch.changedTexts],
			renderedIn: [...renderWatch.renderedIn],
		};
	});
	await session.detach();
	return { layouts, ...seen };
}

/** A part of the page that was laid out by itself, points from the top left. */
export interface LaidOutPart {
	readonly top: number;
	readonly bottom: number;
}

interface TraceEvent {
	readonly name: string;
	readonly args?: {
		readonly endData?: { readonly layoutRoots: readonly { readonly quads: readonly number[][] }[] };
	};
}

/** Does something and tells which parts of the page were laid out for it; the whole page is one of them where it was. */
export async function partsLaidOut(page: Page, action: () => Promise<void>): Promise<readonly LaidOutPart[]> {
	const browser = page.context().browser();
	if (browser === null) throw new Error("the page has no browser to trace");
	await browser.startTracing(page, { categories: ["devtools.timeline"] });
	await renderingCostOf(page, action);
	const trace = JSON.parse((await browser.stopTracing()).toString()) as {
		readonly traceEvents: readonly TraceEvent[];
	};
	return trace.traceEvents
		.flatMap(({ name, args }) => (name === "Layout" ? (args?.endData?.layoutRoots ?? []) : []))
		.map(({ quads }) => {
			const corners = quads.flat().filter((_value, index) => index % 2 === 1);
			return { top: Math.min(...corners), bottom: Math.max(...corners) };
		});
}
