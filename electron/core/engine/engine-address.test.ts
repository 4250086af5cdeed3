import { describe, expect, it } from "vitest";
import { type AddressSources, engineAddresses, isLoopbackUrl, readEngineAddress } from "./engine-address.ts";

describe("an address by the rules of Ollama's client", () => {
	it.each([
		["", "http://127.0.0.1:11434"],
		["1.2.3.4", "http://1.2.3.4:11434"],
		[":1234", "http://127.0.0.1:1234"],
		["1.2.3.4:1234", "http://1.2.3.4:1234"],
		["example.com", "http://example.com:11434"],
		["example.com:1234", "http://example.com:1234"],
		["http://example.com", "http://example.com:80"],
		["https://example.com", "https://example.com:443"],
		["HTTPS://example.com", "https://example.com:443"],
		["https://example.com:4321", "https://example.com:4321"],
		["http://example.com/ollama/", "http://example.com:80/ollama"],
		["example.com/ollama", "http://example.com:11434/ollama"],
		["example.com:zzz", "http://example.com:11434"],
		["example.com:-1", "http://example.com:11434"],
		["example.com:100000", "http://example.com:11434"],
		["https://example.com:66000", "https://example.com:443"],
		["example.com:", "http://example.com:11434"],
		["::1", "http://[::1]:11434"],
		["[::1]", "http://[::1]:11434"],
		["[::1]:1337", "http://[::1]:1337"],
		["[2001:db8::7]:1337", "http://[2001:db8::7]:1337"],
		["0.0.0.0", "http://127.0.0.1:11434"],
		["0.0.0.0:1234", "http://127.0.0.1:1234"],
		["http://0.0.0.0", "http://127.0.0.1:80"],
		["::", "http://[::1]:11434"],
		["[::]:1234", "http://[::1]:1234"],
		["  1.2.3.4 ", "http://1.2.3.4:11434"],
		['"1.2.3.4:5"', "http://1.2.3.4:5"],
		["'1.2.3.4'", "http://1.2.3.4:11434"],
		[' " 1.2.3.4 " ', "http://1.2.3.4:11434"],
		["ollama.com", "https://ollama.com:443"],
	])("reads %j as %s", (text, url) => {
		expect(readEngineAddress(text)).toBe(url);
	});

	it.each(["ftp://example.com", "http://user:secret@example.com", "http://exa mple.com"])(
		"takes %j for no address",
		(text) => {
			expect(readEngineAddress(text)).toBeNull();
		},
	);

	it("is on the loopback or not", () => {
		expect(isLoopbackUrl("http://127.0.0.1:11434")).toBe(true);
		expect(isLoopbackUrl("http://localhost:1")).toBe(true);
		expect(isLoopbackUrl("http://[::1]:1")).toBe(true);
		expect(isLoopbackUrl("http://127.evil.example:1")).toBe(false);
		expect(isLoopbackUrl("http://192.168.0.2:11434")).toBe(false);
	});
});

describe("the sources of an address", () => {
	const nobody: AddressSources = {
		flag: null,
		setting: null,
		environment: {},
		platform: "linux",
		run: () => Promise.reject(new Error("not to be run")),
	};

	it("count in their order, and the default is always last", async () => {
		const addresses = await engineAddresses({
			flag: "one",
			setting: "three",
			environment: { PLIMSOLL_ENGINE: "two", OLLAMA_HOST: "four" },
			platform: "darwin",
			run: async () => "five\n",
		});
		expect(addresses).toEqual([
			{ url: "http://one:11434", source: "flag" },
			{ url: "http://two:11434", source: "PLIMSOLL_ENGINE" },
			{ url: "http://three:11434", source: "settings" },
			{ url: "http://four:11434", source: "OLLAMA_HOST" },
			{ url: "http://five:11434", source: "launchctl" },
			{ url: "http://127.0.0.1:11434", source: "default" },
		]);
	});

	it("are the default alone where nobody names one", async () => {
		expect(await engineAddresses(nobody)).toEqual([{ url: "http://127.0.0.1:11434", source: "default" }]);
	});

	it("name an address once, by the source that counts more", async () => {
		const addresses = await engineAddresses({ ...nobody, environment: { OLLAMA_HOST: "0.0.0.0" } });
		expect(addresses).toEqual([{ url: "http://127.0.0.1:11434", source: "OLLAMA_HOST" }]);
	});

	it("leave out what is empty or no address", async () => {
		const addresses = await engineAddresses({
			...nobody,
			flag: "ftp://x",
			environment: { PLIMSOLL_ENGINE: " ", OLLAMA_HOST: "" },
		});
		expect(addresses.map((address) => address.source)).toEqual(["default"]);
	});

	it("ask launchctl for OLLAMA_HOST on macOS only, and bear that it fails or is silent", async () => {
		const asked: string[] = [];
		const run = async (file: string, args: readonly string[]) => {
			asked.push([file, ...args].join(" "));
			return "\n";
		};
		expect(await engineAddresses({ ...nobody, platform: "darwin", run })).toHaveLength(1);
		expect(asked).toEqual(["/bin/launchctl getenv OLLAMA_HOST"]);
		expect(await engineAddresses({ ...nobody, platform: "darwin" })).toHaveLength(1);
	});
});
