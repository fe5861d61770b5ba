//! What a broker needs to know about an API before it can read a byte of its body: versions, headers, listeners.
//!
//! The facts are the generated table in `api_key.rs`; this file is the questions asked of it.
use crate::api_key::{ApiKey, ROW_OF_KEY, TABLE};

/// One row of the API table.
#[derive(Clone, Copy, Debug)]
pub struct ApiInfo {
    /// The key this row describes.
    pub key: ApiKey,
    /// Kafka's name, for example `Fetch`.
    pub name: &'static str,
    /// Lowest version that can be decoded.
    pub min: i16,
    /// Highest version that can be decoded.
    pub max: i16,
    /// The highest version is not settled yet: decodable, never advertised.
    pub unstable: bool,
    /// First version with compact lengths and tagged fields, if there is one.
    pub flexible_from: Option<i16>,
    /// Served on the listeners of a broker.
    pub broker: bool,
    /// Served on the listeners of a controller.
    pub controller: bool,
}

impl ApiKey {
    /// The key with this number, if Kafka 4.4 has it.
    pub fn from_i16(key: i16) -> Option<ApiKey> {
        let row = *ROW_OF_KEY.get(usize::try_from(key).ok()?)?;
        TABLE.get(usize::from(row)).map(|info| info.key)
    }

    /// Every API, by ascending key.
    pub fn all() -> impl Iterator<Item = ApiKey> {
        TABLE.iter().map(|info| info.key)
    }

    /// The row of this API.
    pub fn info(self) -> &'static ApiInfo {
        &TABLE[usize::from(ROW_OF_KEY[self as usize])]
    }

    /// The number on the wire.
    pub fn key(self) -> i16 {
        self as i16
    }

    /// Kafka's name, for example `Fetch`.
    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// Lowest version that can be decoded.
    pub fn min_version(self) -> i16 {
        self.info().min
    }

    /// Highest version that can be decoded, stable or not.
    pub fn max_version(self) -> i16 {
        self.info().max
    }

    /// Lowest version to put into an ApiVersions response. Produce says 0 although 0 to 2 cannot be decoded:
    /// old librdkafka looks for exactly those versions before it uses a codec.
    pub fn advertised_min_version(self) -> i16 {
        if self == ApiKey::Produce { 0 } else { self.info().min }
    }

    /// Highest version to put into an ApiVersions response: the highest stable one.
    pub fn advertised_max_version(self) -> i16 {
        let info = self.info();
        if info.unstable { info.max - 1 } else { info.max }
    }

    /// Whether a body of this version can be decoded.
    pub fn supports(self, version: i16) -> bool {
        (self.info().min..=self.info().max).contains(&version)
    }

    /// Whether this version uses compact lengths and tagged fields.
    pub fn is_flexible(self, version: i16) -> bool {
        self.info().flexible_from.is_some_and(|from| version >= from)
    }

    /// Version of the request header that goes with this version of the body; defined for every number.
    pub fn request_header_version(self, version: i16) -> i16 {
        if self.is_flexible(version) { 2 } else { 1 }
    }

    /// Version of the response header. Always 0 for ApiVersions: its reader does not yet know what the broker speaks.
    pub fn response_header_version(self, version: i16) -> i16 {
        if self != ApiKey::ApiVersions && self.is_flexible(version) { 1 } else { 0 }
    }
}

impl TryFrom<i16> for ApiKey {
    type Error = i16;

    /// The number itself comes back when no API has it.
    fn try_from(key: i16) -> Result<ApiKey, i16> {
        ApiKey::from_i16(key).ok_or(key)
    }
}

impl std::fmt::Display for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_whole() {
        assert_eq!(ApiKey::all().count(), 91);
        for key in 0..=94 {
            assert_eq!(ApiKey::from_i16(key).map(ApiKey::key), (!(4..=7).contains(&key)).then_some(key));
        }
        for key in [-1, i16::MIN, 95, i16::MAX] {
            assert_eq!(ApiKey::from_i16(key), None);
        }
    }

    #[test]
    fn advertised_versions_differ_in_two_places_only() {
        for key in ApiKey::all() {
            let advertised = (key.advertised_min_version(), key.advertised_max_version());
            match key {
                ApiKey::Produce => assert_eq!(advertised, (0, 13)),
                ApiKey::InitProducerId => assert_eq!((advertised, key.max_version()), ((0, 5), 6)),
                _ => assert_eq!(advertised, (key.min_version(), key.max_version())),
            }
        }
    }

    #[test]
    fn header_versions() {
        assert_eq!(ApiKey::Fetch.request_header_version(11), 1);
        assert_eq!(ApiKey::Fetch.request_header_version(12), 2);
        assert_eq!(ApiKey::Fetch.response_header_version(11), 0);
        assert_eq!(ApiKey::Fetch.response_header_version(12), 1);
        assert_eq!(ApiKey::ApiVersions.request_header_version(3), 2);
        assert_eq!(ApiKey::ApiVersions.request_header_version(i16::MAX), 2);
        assert_eq!(ApiKey::ApiVersions.response_header_version(5), 0);
        assert_eq!(ApiKey::SaslHandshake.request_header_version(1), 1);
        assert_eq!(ApiKey::OffsetDelete.response_header_version(0), 0);
        assert_eq!(ApiKey::Vote.response_header_version(0), 1);
    }
}
