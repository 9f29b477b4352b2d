//! The text that NVIDIA's compiler gives (PTX), read into instructions.
//!
//! Only what occurs in our kernels is understood. Whatever else occurs ends the test with its name.

use std::collections::HashMap;

/// Functions and memory that all of them share.
#[derive(Default)]
pub struct Program {
    pub functions: Vec<Function>,
    pub names: HashMap<String, usize>,
    /// Name, bytes, and what stands in them at the beginning.
    pub globals: Vec<(String, usize, Vec<u8>)>,
}

/// A kernel or a function, with its memory for one call.
#[derive(Default)]
pub struct Function {
    pub instructions: Vec<Instruction>,
    pub registers: usize,
    pub frame_bytes: usize,
    /// Parameters and what is returned, which the caller keeps: name and bytes.
    pub parameters: Vec<(String, usize)>,
    pub result: Option<String>,
    /// Names of memory in the frame, by where it begins.
    pub places: HashMap<String, usize>,
    pub labels: HashMap<String, usize>,
}

/// One instruction: `@guard name to, from...`, the name cut at its points, and the type at its end.
pub struct Instruction {
    pub guard: Option<(usize, bool)>,
    pub name: Vec<String>,
    pub kind: Type,
    pub operands: Vec<Operand>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    Register(usize),
    Number(u64),
    Special(String),
    /// Memory, or a label, or a function.
    Name(String),
    /// What stands at an operand and so many bytes behind it.
    At(Box<Operand>, u64),
    Many(Vec<Operand>),
}

/// A kind of number: bits, and whether the top one is a sign.
#[derive(Clone, Copy)]
pub struct Type {
    pub bits: u32,
    pub is_signed: bool,
}

impl Type {
    /// `u32`, `s64`, `b8`, `pred`; none if it is something else.
    pub fn of(name: &str) -> Option<Type> {
        let bits = if name == "pred" { 1 } else { name.get(1..)?.parse().ok()? };
        Some(Type { bits, is_signed: name.starts_with('s') })
    }

    pub fn cut(self, value: u64) -> u64 {
        value & (u64::MAX >> (64 - self.bits))
    }

    /// The number that these bits are.
    pub fn number(self, value: u64) -> i128 {
        let value = self.cut(value);
        let is_negative = self.is_signed && value >> (self.bits - 1) == 1;
        i128::from(value) - if is_negative { 1 << self.bits } else { 0 }
    }
}

impl Program {
    /// Reads a whole text.
    pub fn read(text: &str) -> Program {
        let mut program = Program::default();
        let mut lines = text.lines().map(|line| line.split("//").next().expect("a first part").trim());
        while let Some(line) = lines.next() {
            if line.starts_with(".global") || line.starts_with(".const") {
                program.globals.push(global(line));
            } else if line.contains(".func") || line.contains(".entry") {
                let mut header = line.to_owned();
                let mut body = Vec::new();
                let mut depth = 0;
                for line in lines.by_ref() {
                    depth += i32::from(line == "{") - i32::from(line == "}");
                    match (depth, line) {
                        (0, "}") => break,
                        // Only announced, and written further down.
                        (0, line) if line.ends_with(';') => {
                            header.clear();
                            break;
                        }
                        (0, line) => header += line,
                        (_, "{" | "}") => {}
                        (_, line) => body.push(line),
                    }
                }
                if header.is_empty() {
                    continue;
                }
                let (name, function) = function(&header, &body);
                program.names.insert(name, program.functions.len());
                program.functions.push(function);
            }
        }
        program
    }
}

/// `.global .align 8 .b8 name[640] = {34, 174, ...};`
fn global(line: &str) -> (String, usize, Vec<u8>) {
    let (place, values) = line.split_once('=').unwrap_or((line, ""));
    let (name, bytes) = sized(place.trim().trim_end_matches(';'));
    let values = values.trim().trim_matches(['{', '}', ';']).split(',').map(str::trim);
    let values = values.filter(|value| !value.is_empty()).map(|value| value.parse().expect("bytes"));
    (name, bytes, values.collect())
}

/// Name and bytes of `... .b8 name[640]` or `... .b64 name`.
fn sized(declaration: &str) -> (String, usize) {
    let mut words = declaration.split_whitespace().rev();
    let (name, kind) = (words.next().expect("a name"), words.next().expect("a type"));
    match name.split_once('[') {
        Some((name, count)) => {
            assert_eq!(kind, ".b8", "arrays are of bytes");
            (name.to_owned(), count.trim_end_matches(']').parse().expect("a number"))
        }
        None => (name.to_owned(), kind[2..].parse::<usize>().expect("bits") / 8),
    }
}

/// `.func (.param .b32 result) name(.param .b64 a, ...)` and what stands between its braces.
fn function(header: &str, body: &[&str]) -> (String, Function) {
    let mut function = Function::default();
    let (_, mut rest) =
        header.split_once(if header.contains(".func") { ".func" } else { ".entry" }).expect("either");
    if let Some(result) = rest.trim().strip_prefix('(') {
        let (result, behind) = result.split_once(')').expect("closed");
        function.result = Some(sized(result).0);
        rest = behind;
    }
    let (name, parameters) = rest.split_once('(').expect("parameters");
    let parameters = parameters.split(')').next().expect("closed").split(',');
    function.parameters = parameters.map(str::trim).filter(|one| !one.is_empty()).map(sized).collect();
    let mut registers = HashMap::new();
    let mut text = String::new();
    for line in body {
        if line.ends_with(':') {
            // A label stands before the next instruction.
            read_instructions(&text, &mut function, &mut registers);
            text.clear();
            function.labels.insert(line.trim_end_matches(':').to_owned(), function.instructions.len());
        } else {
            text += line;
            text.push(' ');
        }
    }
    read_instructions(&text, &mut function, &mut registers);
    function.registers = registers.len();
    (name.trim().to_owned(), function)
}

fn read_instructions(text: &str, function: &mut Function, registers: &mut HashMap<String, usize>) {
    for statement in text.split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
        if statement.starts_with(".param") || statement.starts_with(".local") {
            let (name, bytes) = sized(statement);
            // Names of parameters are used again and again, with other sizes.
            function.places.insert(name, function.frame_bytes);
            function.frame_bytes += bytes.next_multiple_of(16).max(256);
        } else if !statement.starts_with('.') {
            function.instructions.push(instruction(statement, registers));
        }
    }
}

fn instruction(statement: &str, registers: &mut HashMap<String, usize>) -> Instruction {
    let (guard, rest) = match statement.strip_prefix('@') {
        Some(guarded) => {
            let (guard, rest) = guarded.split_once(char::is_whitespace).expect("an instruction");
            let register = register(guard.trim_start_matches('!'), registers);
            (Some((register, !guard.starts_with('!'))), rest)
        }
        None => (None, statement),
    };
    let (name, operands) = rest.trim().split_once(char::is_whitespace).unwrap_or((rest.trim(), ""));
    let mut read = Vec::new();
    let mut rest = operands.trim();
    while !rest.is_empty() {
        let end = match rest.chars().next() {
            Some(open @ ('{' | '(' | '[')) => {
                let close = match open {
                    '{' => '}',
                    '(' => ')',
                    _ => ']',
                };
                rest.find(close).expect("closed") + 1
            }
            _ => rest.find(',').unwrap_or(rest.len()),
        };
        read.push(operand(rest[..end].trim(), registers));
        rest = rest[end..].trim_start_matches([',', ' ']);
    }
    let name: Vec<_> = name.split('.').map(str::to_owned).collect();
    let none = Type { bits: 64, is_signed: false };
    let kind = Type::of(name.last().expect("a name")).unwrap_or(none);
    Instruction { guard, name, kind, operands: read }
}

fn register(name: &str, registers: &mut HashMap<String, usize>) -> usize {
    let next = registers.len();
    *registers.entry(name.to_owned()).or_insert(next)
}

fn operand(text: &str, registers: &mut HashMap<String, usize>) -> Operand {
    let inside = |text: &str| text[1..text.len() - 1].to_owned();
    match text.chars().next().expect("an operand") {
        '[' => {
            let inside = inside(text);
            let (base, offset) = inside.split_once('+').unwrap_or((&inside, "0"));
            let offset = offset.parse::<i64>().expect("a number") as u64;
            Operand::At(Box::new(operand(base, registers)), offset)
        }
        '{' | '(' => {
            let inside = inside(text);
            let parts = inside.split(',').map(str::trim).filter(|part| !part.is_empty());
            Operand::Many(parts.map(|part| operand(part, registers)).collect())
        }
        '%' if text.contains('.') => Operand::Special(text.to_owned()),
        '%' => Operand::Register(register(text, registers)),
        '-' | '0'..='9' => Operand::Number(text.parse::<i128>().expect("a whole number") as u64),
        _ => Operand::Name(text.to_owned()),
    }
}
