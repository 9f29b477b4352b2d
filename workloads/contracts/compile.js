// Compiles the contracts of this folder and writes one JSON each into the folder given as argument.
// `check.sh` runs it with the pinned compiler.
const fs = require("fs");
const path = require("path");
const solc = require("solc");

const out = process.argv[2];
const names = fs.readdirSync(__dirname).filter((file) => file.endsWith(".sol")).sort();
const sources = {};
for (const name of names) {
  sources[name] = { content: fs.readFileSync(path.join(__dirname, name), "utf8") };
}
const input = {
  language: "Solidity",
  sources,
  settings: {
    optimizer: { enabled: true, runs: 200 },
    evmVersion: "cancun",
    metadata: { bytecodeHash: "none", appendCBOR: false },
    outputSelection: { "*": { "*": ["abi", "evm.deployedBytecode.object", "evm.methodIdentifiers", "storageLayout"] } },
  },
};
const result = JSON.parse(solc.compile(JSON.stringify(input)));
for (const error of result.errors || []) {
  console.error(error.formattedMessage);
}
if ((result.errors || []).length > 0) {
  process.exit(1);
}
for (const name of names) {
  for (const [contract, made] of Object.entries(result.contracts[name])) {
    const slots = {};
    for (const variable of made.storageLayout.storage) {
      slots[variable.label] = { slot: Number(variable.slot), offset: variable.offset };
    }
    const artifact = {
      compiler: solc.version(),
      abi: made.abi,
      selectors: made.evm.methodIdentifiers,
      slots,
      runtime: made.evm.deployedBytecode.object,
    };
    fs.writeFileSync(path.join(out, contract + ".json"), JSON.stringify(artifact, null, 2) + "\n");
  }
}
