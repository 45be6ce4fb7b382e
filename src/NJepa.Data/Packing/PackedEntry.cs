namespace NJepa.Data;

/// <summary>Where the pixels of one image lie in a packed file. An entry without pixels is a bad image.</summary>
internal readonly record struct PackedEntry(long Offset, ShrunkSize Size)
{
    public bool IsBad => Size.Width == 0;
}
