/** What the server is about; `/ready` tells it to whoever sends requests here. */
export const lifecycle = { isStopping: false };
