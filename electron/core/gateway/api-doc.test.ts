import { expect, it } from "vitest";
import { renderApiDoc } from "./api-doc.ts";
import { routes } from "./routes.ts";

it("docs/api.md says what the routes declare", async () => {
	await expect(renderApiDoc(routes)).toMatchFileSnapshot("../../../docs/api.md");
});

it("every declared route, key and answer is in the document", () => {
	const text = renderApiDoc(routes);
	for (const { method, path, responses } of routes) {
		expect(text).toContain(`## \`${method} ${path}\``);
		for (const { status, when } of responses) expect(text).toContain(`- ${status}: ${when}`);
	}
	for (const key of [
		"system.pressure_percent",
		"ollama.loaded_models[].size_gb",
		"num_ctx",
		"failed[].because",
	])
		expect(text).toContain(`| \`${key}\` |`);
});
