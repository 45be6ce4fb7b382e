using System.ComponentModel;
using System.Runtime.InteropServices;

namespace NJepa.Data.Tests.Support;

/// <summary>Memory that ends as a memory map does: reading one byte more kills the process.</summary>
public sealed unsafe class GuardedMemory : IDisposable
{
    private readonly byte* _start;
    private readonly int _length;

    public GuardedMemory(int minimumLength)
    {
        int page = Environment.SystemPageSize;
        _length = (minimumLength + page - 1) / page * page;
        _start = (byte*)NativeMemory.AlignedAlloc((nuint)(_length + page), (nuint)page);
        Protect(noAccess: true);
    }

    /// <summary>The last bytes before the guard.</summary>
    public Span<byte> Last(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, _length);
        return new Span<byte>(_start + _length - length, length);
    }

    public void Dispose()
    {
        Protect(noAccess: false);
        NativeMemory.AlignedFree(_start);
    }

    private void Protect(bool noAccess)
    {
        nint guard = (nint)(_start + _length);
        nuint length = (nuint)Environment.SystemPageSize;
        bool done = OperatingSystem.IsWindows()
            ? VirtualProtect(guard, length, noAccess ? 1u : 4u, out _) != 0
            : MProtect(guard, length, noAccess ? 0 : 3) == 0;
        if (!done)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    [DllImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static extern int MProtect(nint address, nuint length, int protection);

    [DllImport("kernel32", SetLastError = true)]
    private static extern int VirtualProtect(nint address, nuint length, uint protection, out uint before);
}
