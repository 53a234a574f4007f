//! Addresses and prefixes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bigdecimal::num_bigint::BigInt;
use ipnet::IpNet;

use super::argument::{Call, Outcome, Stop};

/// A prefix: its first address as a number, how many of its bits are fixed, and how many an address has.
#[derive(Clone, Copy)]
struct Prefix {
    first: u128,
    length: u32,
    bits: u32,
}

impl Prefix {
    fn of(net: IpNet) -> Prefix {
        let first = match net.network() {
            IpAddr::V4(address) => u128::from(address.to_bits()),
            IpAddr::V6(address) => address.to_bits(),
        };
        Prefix { first, length: u32::from(net.prefix_len()), bits: u32::from(net.max_prefix_len()) }
    }

    fn with_length(self, length: u32) -> Prefix {
        Prefix { length, ..self }
    }

    /// The last address.
    fn last(self) -> u128 {
        self.first | low_bits(self.bits - self.length)
    }

    fn address(self, number: u128) -> String {
        match u32::try_from(number) {
            Ok(number) if self.bits == 32 => Ipv4Addr::from_bits(number).to_string(),
            _ => Ipv6Addr::from_bits(number).to_string(),
        }
    }

    fn text(self) -> String {
        format!("{}/{}", self.address(self.first), self.length)
    }
}

fn low_bits(count: u32) -> u128 {
    1_u128.checked_shl(count).map_or(u128::MAX, |bit| bit - 1)
}

/// An address; Terraform reads octets with leading zeros as decimal.
fn parse_address(text: &str) -> Option<IpAddr> {
    if text.contains(':') {
        return text.parse().ok();
    }
    let mut octets = [0_u8; 4];
    let mut parts = text.split('.');
    for octet in &mut octets {
        let part = parts.next()?;
        if part.is_empty() || part.len() > 8 || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *octet = part.parse().ok()?;
    }
    parts.next().is_none().then(|| IpAddr::V4(octets.into()))
}

fn parse_net(text: &str) -> Option<IpNet> {
    let (address, length) = text.split_once('/')?;
    let plain = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
    IpNet::new(parse_address(address)?, length.parse().ok().filter(|_| plain)?).ok()
}

fn net(call: &Call<'_>, at: usize) -> Result<Prefix, Stop> {
    let text = call.text(at)?;
    let net = parse_net(&text).ok_or_else(|| call.fail_at(at, format!("`{text}` is not an address with a prefix")))?;
    Ok(Prefix::of(net))
}

fn whole(call: &Call<'_>, at: usize) -> Result<BigInt, Stop> {
    let number = call.number(at)?.to_decimal();
    if !number.is_integer() {
        return Err(call.fail_at(at, "a whole number is required"));
    }
    Ok(number.with_scale(0).into_bigint_and_exponent().0)
}

pub(super) fn cidrhost(call: &Call<'_>) -> Outcome {
    let net = net(call, 0)?;
    let number = whole(call, 1)?;
    let size = BigInt::from(low_bits(net.bits - net.length)) + 1;
    let offset = if number < BigInt::from(0) { &size + &number } else { number.clone() };
    match u128::try_from(&offset) {
        Ok(offset_bits) if offset < size => call.give_string(net.address(net.first | offset_bits)),
        _ => Err(call.fail_at(1, format!("`{}` has no host number {number}", net.text()))),
    }
}

pub(super) fn cidrnetmask(call: &Call<'_>) -> Outcome {
    let net = net(call, 0)?;
    if net.bits != 32 {
        return Err(call.fail_at(0, "only IPv4 prefixes have a netmask"));
    }
    call.give_string(net.address(low_bits(32) & !low_bits(32 - net.length)))
}

pub(super) fn cidrsubnet(call: &Call<'_>) -> Outcome {
    let net = net(call, 0)?;
    let new_bits = new_bits(call, 1, net)?;
    let number = whole(call, 2)?;
    let length = net.length + new_bits;
    match u128::try_from(&number) {
        Ok(number) if number <= low_bits(new_bits) => {
            let first = net.first | number.checked_shl(net.bits - length).unwrap_or(0);
            call.give_string(Prefix { first, length, bits: net.bits }.text())
        }
        _ => Err(call.fail_at(2, format!("{new_bits} bits have no place for the number {number}"))),
    }
}

fn new_bits(call: &Call<'_>, at: usize, net: Prefix) -> Result<u32, Stop> {
    let bits = call.whole(at)?;
    let room = net.bits - net.length;
    match u32::try_from(bits) {
        Ok(bits) if bits <= room => Ok(bits),
        _ => Err(call.fail_at(at, format!("`{}` can be extended by 0 to {room} bits, not {bits}", net.text()))),
    }
}

pub(super) fn cidrsubnets(call: &Call<'_>) -> Outcome {
    let net = net(call, 0)?;
    let mut items = Vec::new();
    let mut next = Some(net.first);
    for at in 1..call.arguments.len() {
        let bits = new_bits(call, at, net)?;
        if bits == 0 || bits > 32 {
            return Err(call.fail_at(at, "a prefix must be extended by 1 to 32 bits"));
        }
        let length = net.length + bits;
        let mask = low_bits(net.bits - length);
        // Each subnet starts at the next multiple of its own size.
        let first = next.and_then(|next| next.checked_add(mask)).map(|end| end & !mask);
        let Some(first) = first.filter(|first| *first <= net.last()) else {
            return Err(call.fail_at(at, format!("`{}` has no room left for a subnet of {bits} bits", net.text())));
        };
        let subnet = Prefix { first, ..net.with_length(length) };
        items.push(call.part(subnet.text()));
        next = subnet.last().checked_add(1);
    }
    call.give_elements(items)
}

pub(super) fn cidrcontains(call: &Call<'_>) -> Outcome {
    let outer = net(call, 0)?;
    let text = call.text(1)?;
    let inner = match parse_address(&text) {
        Some(address) => Prefix::of(address.into()),
        None => net(call, 1)?,
    };
    if outer.bits != inner.bits {
        return Err(call.fail("both must be IPv4, or both IPv6"));
    }
    call.give_bool(outer.first <= inner.first && inner.last() <= outer.last())
}
