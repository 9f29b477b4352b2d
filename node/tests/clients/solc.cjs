#!/usr/bin/env node
// The compiler from npm with the command line of the native one, as far as forge uses it; and, given a source and a target
// file, the artefact of Tally for the other scripts.
const fs = require('fs');
const solc = require('solc');

const [first, target] = process.argv.slice(2);
if (first === '--version') {
    console.log(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}`);
} else if (first?.endsWith('.sol')) {
    const input = {
        language: 'Solidity',
        sources: { 'Tally.sol': { content: fs.readFileSync(first, 'utf8') } },
        settings: { optimizer: { enabled: true }, outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } } },
    };
    const output = JSON.parse(solc.compile(JSON.stringify(input)));
    const { abi, evm } = output.contracts['Tally.sol'].Tally;
    fs.writeFileSync(target, JSON.stringify({ abi, bytecode: `0x${evm.bytecode.object}` }));
} else {
    process.stdout.write(solc.compile(fs.readFileSync(0, 'utf8')));
}
