using NJepa.Models;

namespace NJepa.Interop;

/// <summary>Tells formats by a file's first bytes.</summary>
internal static class TensorFormat
{
    public enum Kind
    {
        Safetensors,
        PyTorch,
        Index,
    }

    /// <exception cref="WeightsException">It is none of them.</exception>
    public static Kind Of(string path)
    {
        if (path.EndsWith(".index.json", StringComparison.OrdinalIgnoreCase))
        {
            return Kind.Index;
        }

        // Opening a pipe waits for whoever writes to it, which may be for ever; pipes, sockets and devices all have the length 0.
        if (new FileInfo(path).Length == 0)
        {
            throw new WeightsException($"{path} is empty (or it is a pipe, a socket or a device). Give a weights file; if it was being written, write it again.");
        }

        Span<byte> start = stackalloc byte[9];
        using FileStream stream = File.OpenRead(path);
        int read = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        start = start[..read];
        if (start.StartsWith("PK"u8))
        {
            return Kind.PyTorch;
        }

        // A pickle without a zip around it: protocol 2 begins with 0x80 0x02.
        if (read >= 2 && start[0] == 0x80 && start[1] is >= 1 and <= 5)
        {
            throw new WeightsException(
                $"{path} is a pickle of PyTorch's old format (before 1.6), which is not read. Load it once in Python and save it again: torch.save(torch.load('...', map_location='cpu'), '...'), or write safetensors.");
        }

        // Anything else ends in the message of the safetensors reader, unless it is plainly something else.
        return read == start.Length && read == 9 && start[8] != (byte)'{'
            ? throw new WeightsException($"{path} is neither safetensors nor a PyTorch checkpoint (zip). Give a .safetensors, .safetensors.index.json, .pth, .pth.tar, .pt or .bin file.")
            : Kind.Safetensors;
    }
}
