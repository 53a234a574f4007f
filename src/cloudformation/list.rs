//! Functions that make and take apart lists: `Fn::Join`, `Fn::Split`, `Fn::Select`, `Fn::Length`, `Fn::Cidr`, `Fn::GetAZs`.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use ipnet::IpNet;

use super::evaluator::Evaluator;
use super::intrinsic::{Call, MAX_CANDIDATES, derive, derived, unknown};
use super::possible::possible_values;
use crate::source::Origin;
use crate::value::{Data, Piece, Unknown, Value, Why};

impl<'t> Evaluator<'t> {
    /// A value that is one of these, for the reason that something else is not known.
    pub(super) fn one_of(&mut self, candidates: Vec<Value>, cause: &Unknown, place: Origin) -> Value {
        let size: usize = candidates.iter().map(|one| one.as_str().map_or(1, str::len)).sum();
        if candidates.len() > MAX_CANDIDATES || size > self.text_budget {
            return derived(cause, place);
        }
        self.text_budget -= size;
        Value::unknown(Unknown { candidates, ..derive(cause, place) }, place)
    }

    pub(super) fn join_call(&mut self, call: &Call<'t>) -> Value {
        let wanted = "a delimiter and a list";
        let Some([delimiter, list]) = call.arguments() else { return self.malformed_call(call, wanted) };
        let (delimiter, list) = (self.evaluate(delimiter), self.evaluate(list));
        let (Some(delimiter), Some(list)) = (delimiter, list) else { return self.malformed_call(call, wanted) };
        let Some(delimiter_text) = delimiter.as_str().map(Arc::<str>::from) else {
            return match delimiter.as_unknown() {
                Some(cause) => derived(cause, call.place),
                None => self.malformed_call(call, wanted),
            };
        };
        let list = match &list.data {
            Data::List(list) => list.clone(),
            Data::Unknown(cause) => {
                let lists = cause.candidates.iter().map(|one| match (one.as_list(), one.first_unknown()) {
                    (Some(list), None) => {
                        list.items.iter().map(|item| Some(item.scalar_text()?.into_owned())).collect()
                    }
                    _ => None,
                });
                let lists: Option<Vec<Vec<String>>> = lists.collect();
                let texts = lists.unwrap_or_default().into_iter().map(|list| list.join(&delimiter_text));
                let candidates = texts.map(|text| Value::string(text, call.place)).collect();
                return self.one_of(candidates, cause, call.place).marked(list.sensitive);
            }
            _ => return self.malformed_call(call, wanted),
        };
        let mut pieces = Vec::new();
        let mut sensitive = false;
        let mut wants_delimiter = false;
        for item in &list.items {
            sensitive |= item.sensitive;
            if let Some(unknown) = item.as_unknown().filter(|unknown| unknown.candidates.iter().any(Value::is_null)) {
                // The element may be absent, and its delimiter with it: the hole stands for both.
                pieces.push(Piece::Hole(Arc::new(derive(unknown, item.origin)), item.origin));
                continue;
            }
            if wants_delimiter {
                pieces.push(Piece::Known(delimiter_text.clone(), delimiter.origin));
            }
            wants_delimiter = true;
            match item.to_pieces() {
                Some(found) => pieces.extend(found),
                None => {
                    let message = "an element of `Fn::Join` is no string".to_owned();
                    let invalid = self.invalid("cfn-function", "Fn::Join", message, item.origin);
                    pieces.extend(invalid.to_pieces().unwrap_or_default());
                }
            }
        }
        if let Some(rest) = &list.rest {
            pieces.push(Piece::Hole(Arc::new(derive(rest, call.place)), call.place));
        }
        self.assemble(pieces, call.place).marked(sensitive)
    }

    pub(super) fn select_call(&mut self, call: &Call<'t>) -> Value {
        let wanted = "an index and a list";
        let Some([index, list]) = call.arguments() else { return self.malformed_call(call, wanted) };
        let (index, list) = (self.evaluate(index), self.evaluate(list));
        let (Some(index), Some(list)) = (index, list) else { return self.malformed_call(call, wanted) };
        let sensitive = list.sensitive;
        if let Some(cause) = index.as_unknown().or(list.as_unknown()) {
            // What is out of range in one case is refused there and no value of the others.
            let mut candidates: Vec<Value> = Vec::new();
            for index in possible_values(&index) {
                let lists = match list.as_unknown() {
                    Some(unknown) => unknown.candidates.clone(),
                    None => vec![list.clone()],
                };
                for list in lists {
                    let Some(Ok(value)) = selected(&index, &list, call.place) else {
                        return derived(cause, call.place).marked(sensitive);
                    };
                    if !candidates.iter().any(|known| known.equals(&value).is_true()) {
                        candidates.push(value);
                    }
                    if candidates.len() > MAX_CANDIDATES {
                        return derived(cause, call.place).marked(sensitive);
                    }
                }
            }
            return self.one_of(candidates, cause, call.place).marked(sensitive);
        }
        match selected(&index, &list, call.place) {
            Some(Ok(value)) => value.marked(sensitive),
            Some(Err(nth)) => {
                let message = format!("the list has no element {nth}");
                self.invalid("cfn-function", "Fn::Select", message, call.place)
            }
            None => self.malformed_call(call, wanted),
        }
    }

    pub(super) fn split_call(&mut self, call: &Call<'t>) -> Value {
        let wanted = "a delimiter and a string";
        let Some([delimiter, text]) = call.arguments() else { return self.malformed_call(call, wanted) };
        let (delimiter, text) = (self.evaluate(delimiter), self.evaluate(text));
        let (Some(delimiter), Some(text)) = (delimiter, text) else { return self.malformed_call(call, wanted) };
        if let Some(cause) = delimiter.first_unknown() {
            return derived(cause, call.place).marked(text.sensitive);
        }
        let Some(delimiter) = delimiter.as_str().filter(|delimiter| !delimiter.is_empty()) else {
            return self.malformed_call(call, wanted);
        };
        if let Some(cause) = text.first_unknown() {
            let values = possible_values(&text);
            let parts = values.iter().map(|value| self.split(delimiter, value, call.place));
            let candidates: Option<Vec<Value>> = parts.collect();
            return self.one_of(candidates.unwrap_or_default(), cause, call.place).marked(text.sensitive);
        }
        match self.split(delimiter, &text, call.place) {
            Some(list) => list,
            None => self.malformed_call(call, wanted),
        }
    }

    fn split(&mut self, delimiter: &str, text: &Value, place: Origin) -> Option<Value> {
        let whole = text.scalar_text()?;
        if whole.len() > self.text_budget {
            return Some(unknown(Why::Limit, "strings are too long", place));
        }
        self.text_budget -= whole.len();
        let part = |part: &str| Value::string(part, text.origin).marked(text.sensitive);
        Some(Value::list(whole.split(delimiter).map(part).collect(), place))
    }

    pub(super) fn length_call(&mut self, call: &Call<'t>) -> Value {
        let Some(value) = self.argument(call) else { return self.malformed_call(call, "a list") };
        let length = |value: &Value| match &value.data {
            Data::List(list) if list.rest.is_none() && !list.items.iter().any(may_be_absent) => {
                Some(Value::integer(list.items.len() as i64, call.place))
            }
            _ => None,
        };
        if let Some(known) = length(&value) {
            return known;
        }
        match &value.data {
            Data::List(list) => {
                let absent = list.items.iter().filter(|item| may_be_absent(item)).find_map(Value::as_unknown);
                match list.rest.as_ref().or(absent) {
                    Some(cause) => derived(cause, call.place),
                    None => unknown(Why::Function, "Fn::Length", call.place),
                }
            }
            Data::Unknown(cause) => {
                let candidates: Option<Vec<Value>> = cause.candidates.iter().map(length).collect();
                self.one_of(candidates.unwrap_or_default(), cause, call.place)
            }
            _ => self.malformed_call(call, "a list"),
        }
    }

    pub(super) fn zones_call(&mut self, call: &Call<'t>) -> Value {
        match self.argument(call) {
            Some(region) if region.as_str().is_some() || region.first_unknown().is_some() => {
                unknown(Why::DataSource, "Fn::GetAZs", call.place)
            }
            _ => self.malformed_call(call, "a region"),
        }
    }

    pub(super) fn cidr_call(&mut self, call: &Call<'t>) -> Value {
        let wanted = "an IP range, a number from 1 to 256, and the bits of a subnet's addresses";
        let (block, count, bits) = match call.arguments() {
            Some([block, count]) => (block, count, None),
            Some([block, count, bits]) => (block, count, Some(bits)),
            _ => return self.malformed_call(call, wanted),
        };
        let values = [Some(block), Some(count), bits].map(|node| node.and_then(|node| self.evaluate(node)));
        if let Some(cause) = values.iter().flatten().find_map(Value::first_unknown) {
            return derived(cause, call.place);
        }
        let [block, count, bits] = values;
        let whole = |value: &Option<Value>| value.as_ref().and_then(Value::as_number)?.as_i64();
        let block = block.as_ref().and_then(Value::as_str).and_then(|text| text.parse::<IpNet>().ok());
        let (Some(block), Some(count @ 1..=256)) = (block, whole(&count)) else {
            return self.malformed_call(call, wanted);
        };
        if bits.is_none() {
            // The service chooses a size of its own.
            return unknown(Why::Function, "Fn::Cidr", call.place);
        }
        let width: i64 = if block.addr().is_ipv4() { 32 } else { 128 };
        let is_within = |bits: &i64| (0..=width).contains(bits) && width - bits >= i64::from(block.prefix_len());
        let Some(bits) = whole(&bits).filter(is_within) else { return self.malformed_call(call, wanted) };
        match subnets(&block, count as u128, bits as u32) {
            Some(ranges) => {
                Value::list(ranges.into_iter().map(|range| Value::string(range, call.place)).collect(), call.place)
            }
            None => {
                let message = format!("`{block}` has no {count} subnets of {bits} bits");
                self.invalid("cfn-function", "Fn::Cidr", message, call.place)
            }
        }
    }
}

/// The first subnets of a range; `None` where there are not so many.
fn subnets(block: &IpNet, count: u128, bits: u32) -> Option<Vec<String>> {
    let (base, width) = match block {
        IpNet::V4(net) => (u128::from(u32::from(net.network())), 32),
        IpNet::V6(net) => (u128::from(net.network()), 128),
    };
    let size = 1u128.checked_shl(bits);
    let available = width - u32::from(block.prefix_len()) - bits;
    if 1u128.checked_shl(available).is_some_and(|available| available < count) {
        return None;
    }
    let mut ranges = Vec::new();
    for nth in 0..count {
        let address = base.checked_add(if nth == 0 { 0 } else { size?.checked_mul(nth)? })?;
        let prefix = width - bits;
        ranges.push(match block {
            IpNet::V4(_) => format!("{}/{prefix}", Ipv4Addr::from(u32::try_from(address).ok()?)),
            IpNet::V6(_) => format!("{}/{prefix}", Ipv6Addr::from(address)),
        });
    }
    Some(ranges)
}

/// Whether an element may turn out to be `AWS::NoValue`.
fn may_be_absent(item: &Value) -> bool {
    item.as_unknown().is_some_and(|unknown| unknown.candidates.iter().any(Value::is_null))
}

/// The element of a list: the index where there is none of it; `None` for what is no index or no list.
fn selected(index: &Value, list: &Value, place: Origin) -> Option<Result<Value, usize>> {
    let nth = usize::try_from(index.as_number()?.as_i64()?).ok()?;
    let items = list.as_list()?;
    let moved = items.items.iter().take(nth.saturating_add(1)).find(|item| may_be_absent(item));
    if let Some(cause) = moved.and_then(Value::as_unknown) {
        return Some(Ok(derived(cause, place)));
    }
    Some(match (items.items.get(nth), &items.rest) {
        (Some(item), _) => Ok(item.clone()),
        (None, Some(rest)) => Ok(derived(rest, place)),
        (None, None) => Err(nth),
    })
}
