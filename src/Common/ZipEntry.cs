namespace NJepa;

/// <summary>Where one file lies in a zip archive, as the central directory states it. Nothing here is to be trusted.</summary>
internal readonly record struct ZipEntry(string Name, long HeaderOffset, long CompressedLength, uint Checksum, ushort Method, bool Encrypted);
