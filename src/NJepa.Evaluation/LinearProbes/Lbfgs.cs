namespace NJepa.Evaluation;

/// <summary>
/// Limited-memory BFGS (Nocedal 1980) for a smooth convex function, with a diagonal estimate of the inverse Hessian to start from and a backtracking line search.
/// </summary>
internal sealed class Lbfgs
{
    private const int Memory = 10;
    private const int MaximumTrials = 30;
    private const double SufficientDecrease = 1e-4;

    /// <summary>The function is a sum of single-precision numbers; a rise this small is rounding.</summary>
    private const double Rounding = 1e-8;

    private readonly List<(double[] Step, double[] Change, double Rho)> _pairs = [];

    /// <summary>Writes the gradient at a point and returns the value there.</summary>
    public delegate double Objective(double[] point, double[] gradient);

    /// <summary>Moves <paramref name="point"/> to the minimum; says whether the gradient became small enough.</summary>
    public bool Minimize(
        Objective objective, double[] point, double[] inverseHessian, int maximumIterations, double gradientTolerance, CancellationToken cancellationToken)
    {
        _pairs.Clear();
        var gradient = new double[point.Length];
        double value = objective(point, gradient);
        var nextPoint = new double[point.Length];
        var nextGradient = new double[point.Length];
        for (int iteration = 0; iteration < maximumIterations; iteration++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (gradient.Max(Math.Abs) <= gradientTolerance)
            {
                return true;
            }

            double[] direction = Direction(gradient, inverseHessian);
            double slope = Dot(direction, gradient);
            double step = 1;
            double nextValue = 0;
            bool accepted = false;
            for (int trial = 0; trial < MaximumTrials && !accepted; trial++)
            {
                for (int i = 0; i < point.Length; i++)
                {
                    nextPoint[i] = point[i] + (step * direction[i]);
                }

                nextValue = objective(nextPoint, nextGradient);
                accepted = nextValue <= value + (SufficientDecrease * step * slope) + (Rounding * Math.Max(1, Math.Abs(value)));
                step = accepted ? step : step / 2;
            }

            if (!accepted)
            {
                return false;
            }

            Remember(point, nextPoint, gradient, nextGradient);
            (value, gradient, nextGradient) = (nextValue, nextGradient, gradient);
            nextPoint.CopyTo(point, 0);
        }

        return gradient.Max(Math.Abs) <= gradientTolerance;
    }

    private double[] Direction(double[] gradient, double[] inverseHessian)
    {
        double[] direction = Array.ConvertAll(gradient, g => -g);
        var alpha = new double[_pairs.Count];
        for (int i = _pairs.Count - 1; i >= 0; i--)
        {
            alpha[i] = _pairs[i].Rho * Dot(_pairs[i].Step, direction);
            AddScaled(direction, -alpha[i], _pairs[i].Change);
        }

        double scale = Scale(inverseHessian);
        for (int i = 0; i < direction.Length; i++)
        {
            direction[i] *= scale * inverseHessian[i];
        }

        for (int i = 0; i < _pairs.Count; i++)
        {
            double beta = _pairs[i].Rho * Dot(_pairs[i].Change, direction);
            AddScaled(direction, alpha[i] - beta, _pairs[i].Step);
        }

        return direction;
    }

    /// <summary>Makes the given diagonal agree with the curvature seen along the last step.</summary>
    private double Scale(double[] inverseHessian)
    {
        if (_pairs.Count == 0)
        {
            return 1;
        }

        (_, double[] change, double rho) = _pairs[^1];
        double weighted = 0;
        for (int i = 0; i < change.Length; i++)
        {
            weighted += change[i] * change[i] * inverseHessian[i];
        }

        return 1 / (rho * weighted);
    }

    private void Remember(double[] point, double[] nextPoint, double[] gradient, double[] nextGradient)
    {
        var step = new double[point.Length];
        var change = new double[point.Length];
        for (int i = 0; i < step.Length; i++)
        {
            step[i] = nextPoint[i] - point[i];
            change[i] = nextGradient[i] - gradient[i];
        }

        double curvature = Dot(step, change);
        // Rounding can hide the curvature of a short step; such a pair would spoil the estimate.
        if (curvature <= 1e-12 * Math.Sqrt(Dot(step, step) * Dot(change, change)))
        {
            return;
        }

        if (_pairs.Count == Memory)
        {
            _pairs.RemoveAt(0);
        }

        _pairs.Add((step, change, 1 / curvature));
    }

    private static double Dot(double[] a, double[] b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }

    private static void AddScaled(double[] target, double factor, double[] addend)
    {
        for (int i = 0; i < target.Length; i++)
        {
            target[i] += factor * addend[i];
        }
    }
}
