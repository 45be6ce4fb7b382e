using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace NJepa.Data;

/// <summary>
/// Loads batches on background threads ahead of the consumer.
/// </summary>
/// <remarks>
/// <para>Threads take small runs of places in the order of steps, so that they work on one batch together and it is ready early. A ring
/// of slots holds the batches that are loading or ready; a thread that would need a slot beyond the ring waits for the consumer. What a
/// place holds depends on its step alone, never on the thread that fills it.</para>
/// <para>A failure is kept until the consumer reaches the batch in which it happened: batches before it are delivered, whatever the
/// number of threads.</para>
/// <para>Everything below is guarded by the gate, except the filling of places.</para>
/// </remarks>
internal sealed class PrefetchingReader : IBatchReader
{
    /// <summary>A thread that hangs in a user's source must not hang the consumer as well; it ends when its read returns.</summary>
    private static readonly TimeSpan JoinTimeout = TimeSpan.FromSeconds(10);

    private readonly object _gate = new();
    private readonly LoaderContext _context;
    private readonly long _endStep;
    private readonly BatchSlot?[] _ring;
    private readonly Thread[] _threads;
    private readonly int _run;
    private long _consumerStep;
    private long _nextStep;
    private int _nextPlace;
    private long _failedStep = long.MaxValue;
    private ExceptionDispatchInfo? _failure;
    private bool _stopped;

    public PrefetchingReader(LoaderContext context, long firstStep, long endStep)
    {
        _context = context;
        _endStep = endStep;
        _consumerStep = firstStep;
        _nextStep = firstStep;
        _ring = new BatchSlot?[context.Options.Prefetch];
        _run = Math.Clamp(context.Options.BatchSize / (4 * context.Options.Threads), 1, 16);
        _threads = new Thread[context.Options.Threads];
        for (int i = 0; i < _threads.Length; i++)
        {
            _threads[i] = new Thread(Work) { IsBackground = true, Name = $"NJepa image loader {i}" };
            _threads[i].Start();
        }
    }

    public bool TryNext(CancellationToken cancellationToken, out ImageBatch? batch)
    {
        batch = null;
        cancellationToken.ThrowIfCancellationRequested();
        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static reader => ((PrefetchingReader)reader!).Wake(), this);
        BatchSlot slot;
        lock (_gate)
        {
            if (_consumerStep >= _endStep)
            {
                return false;
            }

            slot = WaitForSlot(cancellationToken);
            _ring[_consumerStep % _ring.Length] = null;
            _consumerStep++;
            Monitor.PulseAll(_gate);
        }

        batch = _context.Finish(slot);
        return true;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_stopped)
            {
                return;
            }

            _stopped = true;
            Monitor.PulseAll(_gate);
        }

        // One time for all: each may be waiting for a disk that answers no more.
        bool ended = true;
        long start = Stopwatch.GetTimestamp();
        foreach (Thread thread in _threads)
        {
            TimeSpan left = JoinTimeout - Stopwatch.GetElapsedTime(start);
            ended &= thread.Join(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        }

        lock (_gate)
        {
            // Without its threads' end a slot may still be written to, so it must not serve another batch.
            for (int i = 0; ended && i < _ring.Length; i++)
            {
                _ring[i]?.Discard(_context.Pool);
                _ring[i] = null;
            }
        }
    }

    private BatchSlot WaitForSlot(CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ObjectDisposedException.ThrowIf(_stopped, typeof(ImageLoader));
            if (_consumerStep == _failedStep)
            {
                _failure!.Throw();
            }

            if (_ring[_consumerStep % _ring.Length] is { Remaining: 0 } slot)
            {
                _context.AddWait(Stopwatch.GetElapsedTime(start));
                return slot;
            }

            Monitor.Wait(_gate);
        }
    }

    private void Wake()
    {
        lock (_gate)
        {
            Monitor.PulseAll(_gate);
        }
    }

    private void Work()
    {
        ImageDecoder? decoder = null;
        long step = _consumerStep;
        try
        {
            decoder = _context.RentDecoder();
            while (TryTake(out BatchSlot? slot, out step, out int first, out int end))
            {
                for (int place = first; place < end && !Volatile.Read(ref _stopped); place++)
                {
                    slot!.Fill(place, _context.Samples, decoder);
                }

                Complete(slot!, end - first);
            }
        }
        catch (Exception e)
        {
            // Anything at all: an exception that leaves a thread ends the process.
            Fail(step, e);
        }
        finally
        {
            if (decoder is not null)
            {
                _context.ReturnDecoder(decoder);
            }
        }
    }

    private bool TryTake(out BatchSlot? slot, out long step, out int first, out int end)
    {
        lock (_gate)
        {
            while (!_stopped && _failure is null && _nextStep < _endStep && _nextStep >= _consumerStep + _ring.Length)
            {
                Monitor.Wait(_gate);
            }

            step = _nextStep;
            if (_stopped || _failure is not null || _nextStep >= _endStep)
            {
                (slot, first, end) = (null, 0, 0);
                return false;
            }

            slot = _ring[_nextStep % _ring.Length] ??= _context.Begin(_nextStep);
            first = _nextPlace;
            end = Math.Min(first + _run, slot.Plan.Count);
            _nextPlace = end;
            if (end == slot.Plan.Count)
            {
                _nextStep++;
                _nextPlace = 0;
            }

            return true;
        }
    }

    private void Complete(BatchSlot slot, int places)
    {
        lock (_gate)
        {
            slot.Remaining -= places;
            if (slot.Remaining == 0)
            {
                Monitor.PulseAll(_gate);
            }
        }
    }

    private void Fail(long step, Exception exception)
    {
        lock (_gate)
        {
            if (step < _failedStep)
            {
                _failedStep = step;
                _failure = ExceptionDispatchInfo.Capture(exception);
            }

            Monitor.PulseAll(_gate);
        }
    }
}
