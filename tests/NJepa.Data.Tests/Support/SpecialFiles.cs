using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace NJepa.Data.Tests.Support;

/// <summary>What may stand in a folder under a picture's name without being a file.</summary>
public static class SpecialFiles
{
    /// <summary>A named pipe to which nobody writes: opening it waits for ever.</summary>
    public static void MakePipe(string path)
    {
        if (MkFifo(path, 0b110_110_110) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>A socket's name, which stays when the socket is closed by its descriptor alone; so it is kept open.</summary>
    public static Socket MakeSocket(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    /// <summary>Takes all permissions away.</summary>
    public static void Forbid(string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.None);
        }
    }

    [DllImport("libc", EntryPoint = "mkfifo", SetLastError = true)]
    private static extern int MkFifo([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint mode);
}
