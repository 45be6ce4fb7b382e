using System.Diagnostics;
using System.Text.Json;

namespace NJepa.Training;

/// <summary>
/// One run at a time in an output folder. The lock is the operating system's, on an open file: it ends with the process, however that ends, so that a dead process never has to be unlocked by hand.
/// A second file says who holds it, for messages, and for file systems that have no locks.
/// </summary>
internal sealed class RunLock : IDisposable
{
    /// <summary>The name of the file that says who holds the lock.</summary>
    public const string OwnerName = ".njepa-lock-owner";
    private const string LockName = ".njepa-lock";
    private const int MaxOwnerBytes = 4096;

    // "Try again" of Linux and of macOS; the sharing and the lock violation of Windows.
    private static readonly int[] LockedCodes = [11, 35, 32, 33];
    private static readonly TimeSpan StartTimeTolerance = TimeSpan.FromSeconds(2);
    private readonly FileStream _file;
    private readonly string _owner;
    private readonly Guid _token;

    private RunLock(FileStream file, string owner, Guid token) => (_file, _owner, _token) = (file, owner, token);

    /// <summary>Takes the lock; one that a dead process left is taken over.</summary>
    /// <exception cref="TrainingException">Another run holds it.</exception>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    public static RunLock Take(string folder)
    {
        string path = Path.Combine(folder, LockName), ownerPath = Path.Combine(folder, OwnerName);
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
        }
        catch (IOException exception) when (LockedCodes.Contains(exception.HResult & 0xFFFF))
        {
            throw Held(folder, ReadOwner(ownerPath), exception);
        }

        try
        {
            // With the lock in hand an owner that is still alive means a file system without locks.
            if (ReadOwner(ownerPath) is { } other && other.IsAlive())
            {
                throw Held(folder, other, null);
            }

            Owner own = Owner.Current();
            DurableFolder.Replace(ownerPath, JsonSerializer.SerializeToUtf8Bytes(own));
            return new RunLock(file, ownerPath, own.Token);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Sees that the locked file still stands where it was, and that the owner named beside it is this run: a folder that was deleted, or a disk that was unmounted, took them away, another run may have begun in
    /// a folder of the same name, and what is written there now is not locked, and not the run's.
    /// </summary>
    /// <exception cref="IOException">It has gone.</exception>
    public void RequireThere()
    {
        if (!File.Exists(_file.Name) || ReadOwner(_owner)?.Token != _token)
        {
            throw new IOException($"The folder was deleted, replaced or unmounted during the run, or its {OwnerName} was");
        }
    }

    public void Dispose()
    {
        // The lock's file stays: deleting it would let two processes lock two files of the same name.
        try
        {
            if (ReadOwner(_owner)?.Token == _token)
            {
                File.Delete(_owner);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It names this process, which will soon be dead or lock again.
        }

        _file.Dispose();
    }

    private static Owner? ReadOwner(string path)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<Owner>(CheckpointManifest.ReadBounded(path, MaxOwnerBytes, "it")) : null;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static TrainingException Held(string folder, Owner? owner, Exception? cause)
    {
        string who = owner is null ? "" : FormattableString.Invariant($" (process {owner.Process} on {owner.Machine}, which started at {owner.Since:u})");
        return new TrainingException($"OutputDirectory '{folder}' is in use by another run{who}. Wait for it, end it, or choose another folder. No step was taken.", cause);
    }

    private sealed record Owner(int Process, string Machine, DateTime Since, Guid Token = default)
    {
        public static Owner Current()
        {
            using var process = System.Diagnostics.Process.GetCurrentProcess();
            return new Owner(Environment.ProcessId, Environment.MachineName, process.StartTime.ToUniversalTime(), Guid.NewGuid());
        }

        /// <summary>Whether it runs on this machine. A number alone proves nothing: systems use it again, and in a container the first process always has the first.</summary>
        public bool IsAlive()
        {
            if (Machine != Environment.MachineName)
            {
                return false;
            }

            try
            {
                using var process = System.Diagnostics.Process.GetProcessById(Process);
                return (process.StartTime.ToUniversalTime() - Since).Duration() < StartTimeTolerance && Process != Environment.ProcessId;
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception or NotSupportedException)
            {
                return false;
            }
        }
    }
}
