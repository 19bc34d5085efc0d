// Loads and runs main.wasm. Needs wasm_exec.js; writes to the element #status, if there is one.
"use strict";
(async () => {
	const status = (text, error) => {
		const element = document.getElementById("status");
		if (element) {
			element.textContent = text;
			element.classList.toggle("error", error);
		}
		if (error) console.error(text);
	};
	try {
		const go = new Go();
		let code = 0;
		go.exit = c => { code = c; };
		const response = await fetch("main.wasm");
		if (!response.ok) throw new Error(`main.wasm: got status ${response.status}`);
		const { instance } = await WebAssembly.instantiateStreaming(response, go.importObject);
		status("", false);
		await go.run(instance);
		go._scheduledTimeouts?.forEach(clearTimeout); // Each would throw: a program that has exited can't run.
		status(`The program has ended with exit code ${code}.`, code !== 0);
	} catch (e) {
		status(`The program could not run: ${e.message ?? e}`, true);
	}
})();
