// Stands in for `vscode` in the core: importing anything from it there is a type error.
export {};
