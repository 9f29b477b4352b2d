//! Runs what was read, one thread after the other, over memory that is one array of bytes.
//!
//! The meaning of each instruction is that of NVIDIA's "PTX ISA", chapter 9.7. Registers hold 64 bits, of which an
//! instruction sees as many as its type has. There is one carry, and only instructions that say so change it.

use std::collections::HashMap;

use crate::program::{Function, Instruction, Operand, Program, Type};

/// Bytes of memory; the frames of calls begin in its middle.
const MEMORY: usize = 1 << 22;

/// Memory and what stands where in it.
pub struct Machine<'a> {
    program: &'a Program,
    pub memory: Vec<u8>,
    globals: HashMap<&'a str, u64>,
    next: usize,
    carry: u64,
    /// Which thread of which block, and threads of a block.
    thread: [u64; 3],
    /// How many instructions have run.
    pub count: u64,
}

struct Frame<'a> {
    function: &'a Function,
    registers: Vec<u64>,
    base: usize,
    /// Where the caller keeps parameters and the result.
    given: HashMap<&'a str, u64>,
}

impl<'a> Machine<'a> {
    pub fn new(program: &'a Program) -> Machine<'a> {
        let mut machine = Machine {
            program,
            memory: vec![0; MEMORY],
            globals: HashMap::new(),
            next: 16,
            carry: 0,
            thread: [0, 0, 1],
            count: 0,
        };
        for (name, bytes, values) in &program.globals {
            let at = machine.put(values, *bytes);
            machine.globals.insert(name, at);
        }
        machine
    }

    /// Places bytes in memory, in room for so many, and says where.
    pub fn put(&mut self, bytes: &[u8], room: usize) -> u64 {
        let at = self.next.next_multiple_of(16);
        self.memory[at..at + bytes.len()].copy_from_slice(bytes);
        self.next = at + room.max(bytes.len());
        assert!(self.next < MEMORY / 2, "memory for frames begins there");
        at as u64
    }

    /// Runs a kernel in so many threads of one block.
    pub fn run(&mut self, kernel: &str, arguments: &[u64], threads: u64) {
        let function = &self.program.functions[self.program.names[kernel]];
        let places = arguments.iter().map(|value| self.put(&value.to_le_bytes(), 8)).collect::<Vec<_>>();
        let names = function.parameters.iter().map(|(name, _)| name.as_str());
        let given: HashMap<_, _> = names.zip(places).collect();
        for thread in 0..threads {
            self.thread = [thread, 0, threads];
            self.call(function, given.clone(), MEMORY / 2);
        }
    }

    fn call(&mut self, function: &'a Function, given: HashMap<&'a str, u64>, base: usize) {
        let mut frame = Frame { function, registers: vec![0; function.registers], base, given };
        let mut at = 0;
        while let Some(instruction) = function.instructions.get(at) {
            at += 1;
            self.count += 1;
            if let Some((register, wanted)) = instruction.guard
                && (frame.registers[register] == 1) != wanted
            {
                continue;
            }
            match instruction.name[0].as_str() {
                "ret" | "exit" => return,
                "bra" => {
                    let Operand::Name(label) = &instruction.operands[0] else { panic!("a label") };
                    at = function.labels[label];
                }
                "call" => self.call_from(instruction, &frame),
                _ => self.step(instruction, &mut frame),
            }
        }
    }

    fn call_from(&mut self, instruction: &Instruction, frame: &Frame<'a>) {
        let (result, rest) = match &instruction.operands[..] {
            [Operand::Many(result), rest @ ..] => (Some(&result[0]), rest),
            rest => (None, rest),
        };
        let Operand::Name(name) = &rest[0] else { panic!("a function") };
        let program: &'a Program = self.program;
        let function = &program.functions[program.names[name]];
        let mut given = HashMap::new();
        if let (Some(kept), Some(name)) = (result, &function.result) {
            given.insert(name.as_str(), self.value(kept, frame));
        }
        if let Some(Operand::Many(kept)) = rest.get(1) {
            for ((name, _), kept) in function.parameters.iter().zip(kept) {
                given.insert(name.as_str(), self.value(kept, frame));
            }
        }
        self.call(function, given, (frame.base + frame.function.frame_bytes).next_multiple_of(16));
    }

    fn value(&self, operand: &Operand, frame: &Frame<'_>) -> u64 {
        match operand {
            Operand::Register(register) => frame.registers[*register],
            Operand::Number(number) => *number,
            Operand::Special(name) => match name.as_str() {
                "%tid.x" => self.thread[0],
                "%ctaid.x" => self.thread[1],
                "%ntid.x" => self.thread[2],
                other => panic!("a special register '{other}'"),
            },
            Operand::Name(name) => {
                let in_frame = frame.function.places.get(name).map(|place| (frame.base + place) as u64);
                let given = frame.given.get(name.as_str()).copied();
                let found = in_frame.or(given).or_else(|| self.globals.get(name.as_str()).copied());
                found.unwrap_or_else(|| panic!("no memory '{name}'"))
            }
            Operand::At(base, offset) => self.value(base, frame).wrapping_add(*offset),
            // Two halves of 32 bits, the lower one first, as one: what a move of 64 bits takes.
            Operand::Many(halves) => {
                assert_eq!(halves.len(), 2, "halves of one operand are wanted");
                self.value(&halves[0], frame) & 0xffff_ffff | self.value(&halves[1], frame) << 32
            }
        }
    }

    fn step(&mut self, instruction: &Instruction, frame: &mut Frame<'_>) {
        let kind = instruction.kind;
        match instruction.name[0].as_str() {
            "ld" => self.load(instruction, frame, kind),
            "st" => self.store(instruction, frame, kind),
            _ => {
                let mut from = [0; 4];
                for (from, operand) in from.iter_mut().zip(&instruction.operands[1..]) {
                    *from = self.value(operand, frame);
                }
                let result = self.compute(&instruction.name, kind, &from);
                let Operand::Register(to) = instruction.operands[0] else { panic!("a register") };
                frame.registers[to] = result;
            }
        }
    }

    fn load(&mut self, instruction: &Instruction, frame: &mut Frame<'_>, kind: Type) {
        let mut at = self.value(&instruction.operands[1], frame) as usize;
        let targets = match &instruction.operands[0] {
            Operand::Many(targets) => &targets[..],
            one => std::slice::from_ref(one),
        };
        for target in targets {
            let mut bytes = [0; 8];
            let length = kind.bits as usize / 8;
            assert_eq!(at % length, 0, "{:?} of what is not aligned", instruction.name);
            bytes[..length].copy_from_slice(&self.memory[at..at + length]);
            let Operand::Register(to) = target else { panic!("a register") };
            frame.registers[*to] = kind.number(u64::from_le_bytes(bytes)) as u64;
            at += length;
        }
    }

    fn store(&mut self, instruction: &Instruction, frame: &Frame<'_>, kind: Type) {
        let mut at = self.value(&instruction.operands[0], frame) as usize;
        let sources = match &instruction.operands[1] {
            Operand::Many(sources) => &sources[..],
            one => std::slice::from_ref(one),
        };
        for source in sources {
            let length = kind.bits as usize / 8;
            assert_eq!(at % length, 0, "{:?} to what is not aligned", instruction.name);
            let value = self.value(source, frame).to_le_bytes();
            self.memory[at..at + length].copy_from_slice(&value[..length]);
            at += length;
        }
    }

    fn compute(&mut self, parts: &[String], kind: Type, from: &[u64]) -> u64 {
        let number = |index: usize| kind.number(from[index]);
        let bits = |index: usize| kind.cut(from[index]);
        let shift = |index: usize| from[index] as u32;
        let result = match parts[0].as_str() {
            "mov" | "cvta" => from[0],
            "add" | "addc" | "sub" | "subc" => return self.sum(&parts[0], &parts[1], kind, from[0], from[1]),
            "mul" if parts[1] == "wide" => {
                let twice = Type { bits: 2 * kind.bits, ..kind };
                return twice.cut((number(0) * number(1)) as u64);
            }
            "mul" | "mad" | "madc" => {
                let product = number(0) * number(1);
                let half = if parts[1] == "hi" { product >> kind.bits } else { product } as u64;
                match parts[0].as_str() {
                    "mul" => half,
                    "mad" => return self.sum("add", &parts[2], kind, half, from[2]),
                    _ => return self.sum("addc", &parts[2], kind, half, from[2]),
                }
            }
            "div" => (number(0) / number(1)) as u64,
            "rem" => (number(0) % number(1)) as u64,
            "and" => from[0] & from[1],
            "or" => from[0] | from[1],
            "xor" => from[0] ^ from[1],
            "not" => !from[0],
            "neg" => (-number(0)) as u64,
            "abs" => number(0).unsigned_abs() as u64,
            "shl" => bits(0).checked_shl(shift(1)).unwrap_or(0),
            "shr" => (number(0) >> shift(1).min(64)) as u64,
            "setp" => u64::from(match parts[1].as_str() {
                "eq" => number(0) == number(1),
                "ne" => number(0) != number(1),
                "lt" => number(0) < number(1),
                "le" => number(0) <= number(1),
                "gt" => number(0) > number(1),
                "ge" => number(0) >= number(1),
                other => panic!("a comparison '{other}'"),
            }),
            "selp" => from[if from[2] == 1 { 0 } else { 1 }],
            "cvt" => return Type::of(&parts[1]).expect("a type").cut(number(0) as u64),
            "min" => number(0).min(number(1)) as u64,
            "max" => number(0).max(number(1)) as u64,
            "bfi" => {
                let mask = (Type { bits: shift(3), is_signed: false }).cut(u64::MAX) << shift(2);
                (bits(1) & !mask) | ((bits(0) << shift(2)) & mask)
            }
            "prmt" => {
                let bytes = (bits(1) << 32 | bits(0)).to_le_bytes();
                let select = |place: u32| from[2] as usize >> (4 * place);
                assert!((0..4).all(|place| select(place) & 8 == 0), "no signs are spread");
                (0..4).fold(0, |all, place| all | u64::from(bytes[select(place) & 7]) << (8 * place))
            }
            other => panic!("an instruction '{other}'"),
        };
        kind.cut(result)
    }

    /// a + b or a - b, with the carry of the last one if it is asked for, and giving one if it is to.
    fn sum(&mut self, name: &str, carry: &str, kind: Type, a: u64, b: u64) -> u64 {
        let (a, b) = (u128::from(kind.cut(a)), u128::from(kind.cut(b)));
        let before = if name.ends_with('c') { u128::from(self.carry) } else { 0 };
        let sum = if name.starts_with("add") { a + b + before } else { a.wrapping_sub(b + before) };
        if carry == "cc" {
            self.carry = (sum >> kind.bits) as u64 & 1;
        }
        kind.cut(sum as u64)
    }
}
