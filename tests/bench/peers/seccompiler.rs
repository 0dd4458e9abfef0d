// SPDX-License-Identifier: MIT
// For peers.py, built against seccompiler: the instructions of a policy's filter, which is written
// to a file, and the middle time in microseconds to make it.
//
//   seccompiler POLICY FILTER ROUNDS
//
// A line of POLICY: a call's number and, for each condition, index, "==", "!=" or "&", mask, value.

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};
use std::collections::BTreeMap;
use std::time::Instant;

struct Test {
    index: u8,
    comparison: String,
    mask: u64,
    value: u64,
}

fn read(path: &str) -> Vec<(i64, Vec<Test>)> {
    let text = std::fs::read_to_string(path).expect(path);
    text.lines()
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let tests = words[1..]
                .chunks(4)
                .map(|part| Test {
                    index: part[0].parse().unwrap(),
                    comparison: part[1].to_string(),
                    mask: part[2].parse().unwrap(),
                    value: part[3].parse().unwrap(),
                })
                .collect();
            (words[0].parse().unwrap(), tests)
        })
        .collect()
}

fn compile(policy: &[(i64, Vec<Test>)]) -> BpfProgram {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    for (number, tests) in policy {
        let alternatives = rules.entry(*number).or_default();
        if tests.is_empty() {
            continue;
        }
        let conditions = tests
            .iter()
            .map(|test| {
                let operator = match test.comparison.as_str() {
                    "==" => SeccompCmpOp::Eq,
                    "!=" => SeccompCmpOp::Ne,
                    _ => SeccompCmpOp::MaskedEq(test.mask),
                };
                SeccompCondition::new(test.index, SeccompCmpArgLen::Dword, operator, test.value)
                    .unwrap()
            })
            .collect();
        alternatives.push(SeccompRule::new(conditions).unwrap());
    }
    SeccompFilter::new(
        rules,
        SeccompAction::Errno(1),
        SeccompAction::Allow,
        TargetArch::x86_64,
    )
    .expect("the policy")
    .try_into()
    .expect("the filter")
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let policy = read(&words[1]);
    let rounds: usize = words[3].parse().unwrap();
    let mut bytes = Vec::new();
    let mut times = Vec::new();
    for _ in 0..rounds {
        let start = Instant::now();
        let program = compile(&policy);
        times.push(start.elapsed().as_nanos() as f64 / 1e3);
        bytes.clear();
        for instruction in &program {
            bytes.extend_from_slice(&instruction.code.to_ne_bytes());
            bytes.extend_from_slice(&[instruction.jt, instruction.jf]);
            bytes.extend_from_slice(&instruction.k.to_ne_bytes());
        }
    }
    std::fs::write(&words[2], &bytes).expect(&words[2]);
    times.sort_by(f64::total_cmp);
    println!("{} {:.1}", bytes.len() / 8, times[rounds / 2]);
}
