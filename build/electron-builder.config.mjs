/**
 * How Plimsoll is packaged. Signing and notarising happen where the environment has what they need (CSC_LINK or a
 * keychain identity; APPLE_API_KEY, APPLE_API_KEY_ID and APPLE_API_ISSUER, or APPLE_ID, APPLE_APP_SPECIFIC_PASSWORD
 * and APPLE_TEAM_ID). Without a certificate the Mac app is signed ad hoc, since an unsigned one does not start on
 * Apple silicon; such a build keeps library validation off by its entitlements.
 * PLIMSOLL_ELECTRON_DIST names a folder with an unpacked Electron to take instead of downloading one;
 * PLIMSOLL_INSPECTABLE=1 leaves the inspect fuse on, for driving the packaged app in tests.
 */
const { env } = process;
const hasCertificate = env.CSC_LINK !== undefined || env.CSC_NAME !== undefined;
const canNotarise =
	env.APPLE_API_KEY !== undefined || env.APPLE_ID !== undefined || env.APPLE_KEYCHAIN_PROFILE !== undefined;

/** @type {import("electron-builder").Configuration} */
export default {
	appId: "app.plimsoll.Plimsoll",
	productName: "Plimsoll",
	copyright: "MIT licence, the Plimsoll contributors",
	directories: { output: "dist", buildResources: "build" },
	files: [
		"out/{main,preload,renderer,headless,demo-engine}/**",
		"!out/**/*.map",
		"package.json",
		"!node_modules/**/*.{md,ts,map}",
	],
	extraResources: [{ from: "build/icons", to: "icons", filter: ["tray-*.png"] }],
	asar: true,
	npmRebuild: false,
	nodeGypRebuild: false,
	...(env.PLIMSOLL_ELECTRON_DIST === undefined
		? {}
		: { electronDist: env.PLIMSOLL_ELECTRON_DIST, electronVersion: env.PLIMSOLL_ELECTRON_VERSION ?? null }),
	electronFuses: {
		runAsNode: false,
		enableCookieEncryption: true,
		enableNodeOptionsEnvironmentVariable: false,
		enableNodeCliInspectArguments: env.PLIMSOLL_INSPECTABLE === "1",
		enableEmbeddedAsarIntegrityValidation: true,
		onlyLoadAppFromAsar: true,
		loadBrowserProcessSpecificV8Snapshot: false,
		grantFileProtocolExtraPrivileges: false,
	},
	mac: {
		category: "public.app-category.developer-tools",
		target: [
			{ target: "dmg", arch: ["arm64", "x64"] },
			{ target: "zip", arch: ["arm64", "x64"] },
		],
		icon: "build/icons/icon.icns",
		minimumSystemVersion: "13.0",
		hardenedRuntime: true,
		gatekeeperAssess: false,
		entitlements: "build/entitlements.mac.plist",
		entitlementsInherit: "build/entitlements.mac.plist",
		extendInfo: {
			LSUIElement: true,
			NSLocalNetworkUsageDescription: "Plimsoll talks to Ollama where you tell it to.",
		},
		notarize: canNotarise,
		...(hasCertificate ? {} : { identity: "-" }),
	},
	dmg: { title: "Plimsoll ${version}" },
	linux: {
		category: "Development",
		icon: "build/icons/icon.png",
		synopsis: "Memory manager for local language models",
		target: ["AppImage", "deb"],
		executableName: "plimsoll",
	},
	deb: { depends: ["libgtk-3-0", "libnss3", "libnotify4", "libxss1", "libatspi2.0-0", "libsecret-1-0"] },
};
