import { contextBridge, ipcRenderer } from "electron";
import { createRendererApi } from "../../shared/renderer-api.ts";
import { createIpcTransport } from "./ipc-transport.ts";

contextBridge.exposeInMainWorld("plimsoll", createRendererApi(createIpcTransport(ipcRenderer)));
