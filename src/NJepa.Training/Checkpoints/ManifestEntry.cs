namespace NJepa.Training;

/// <summary>A file of a checkpoint, its length and the SHA-256 of its bytes in lower-case hexadecimal digits.</summary>
internal sealed record ManifestEntry(string Name, long Length, string Sha256);
