//! WriteTxnMarkers, API 27, from `schema/messages/write_txn_markers.wire`. Written by `cargo run -p thalweg-wire --example generate`; edit the schema instead.

pub mod write_txn_markers_request {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct WriteTxnMarkersRequest {
    pub markers: Vec<WritableTxnMarker>,
}

impl Part for WriteTxnMarkersRequest {
    const MIN_BYTES: usize = 2;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            markers: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.vec(&self.markers, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct WritableTxnMarker {
    pub producer_id: i64,
    pub producer_epoch: i16,
    pub transaction_result: bool,
    pub topics: Vec<WritableTxnMarkerTopic>,
    pub coordinator_epoch: i32,
    pub transaction_version: i8, // 2+
}

impl Part for WritableTxnMarker {
    const MIN_BYTES: usize = 17;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            producer_id: r.i64()?,
            producer_epoch: r.i16()?,
            transaction_result: r.bool()?,
            topics: r.vec(v, f)?,
            coordinator_epoch: r.i32()?,
            transaction_version: if v >= 2 { r.i8()? } else { 0 },
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i64(self.producer_id);
        s.i16(self.producer_epoch);
        s.bool(self.transaction_result);
        s.vec(&self.topics, v, f)?;
        s.i32(self.coordinator_epoch);
        if v >= 2 {
            s.i8(self.transaction_version);
        }
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct WritableTxnMarkerTopic {
    pub name: Str,
    pub partition_indexes: Vec<i32>,
}

impl Part for WritableTxnMarkerTopic {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            name: r.string(f)?,
            partition_indexes: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.name, f)?;
        s.vec(&self.partition_indexes, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

impl Message for WriteTxnMarkersRequest {
    const NAME: &'static str = "WriteTxnMarkersRequest";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 2;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 1 || v > 2 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 1 || v > 2 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}

impl Request for WriteTxnMarkersRequest {
    const KEY: ApiKey = ApiKey::WriteTxnMarkers;
    type Response = super::write_txn_markers_response::WriteTxnMarkersResponse;
}
}

pub mod write_txn_markers_response {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct WriteTxnMarkersResponse {
    pub markers: Vec<WritableTxnMarkerResult>,
}

impl Part for WriteTxnMarkersResponse {
    const MIN_BYTES: usize = 2;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            markers: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.vec(&self.markers, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct WritableTxnMarkerResult {
    pub producer_id: i64,
    pub topics: Vec<WritableTxnMarkerTopicResult>,
}

impl Part for WritableTxnMarkerResult {
    const MIN_BYTES: usize = 10;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            producer_id: r.i64()?,
            topics: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i64(self.producer_id);
        s.vec(&self.topics, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct WritableTxnMarkerTopicResult {
    pub name: Str,
    pub partitions: Vec<WritableTxnMarkerPartitionResult>,
}

impl Part for WritableTxnMarkerTopicResult {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            name: r.string(f)?,
            partitions: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.name, f)?;
        s.vec(&self.partitions, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct WritableTxnMarkerPartitionResult {
    pub partition_index: i32,
    pub error_code: i16,
}

impl Part for WritableTxnMarkerPartitionResult {
    const MIN_BYTES: usize = 7;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            partition_index: r.i32()?,
            error_code: r.i16()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.partition_index);
        s.i16(self.error_code);
        s.uvarint(0);
        Ok(())
    }
}

impl Message for WriteTxnMarkersResponse {
    const NAME: &'static str = "WriteTxnMarkersResponse";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 2;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 1 || v > 2 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 1 || v > 2 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}
}
