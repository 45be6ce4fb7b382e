using Microsoft.Win32.SafeHandles;

namespace NJepa.Data;

/// <summary>What packing asks of a disk; tests put a full one in its place.</summary>
internal class PackingDisk
{
    public static PackingDisk Real { get; } = new();

    /// <summary>Bytes that may still be written to a folder's disk; null when that cannot be found out.</summary>
    public virtual long? FreeBytes(string folder)
    {
        try
        {
            return new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(folder)! : folder).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // A network path, for one, has no drive.
            return null;
        }
    }

    public virtual void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset) => RandomAccess.Write(file, bytes, offset);
}
