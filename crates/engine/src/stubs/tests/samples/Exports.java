/* GONE: a licence */
package org.example.export;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import static java.util.Objects.requireNonNull;

/**
 * Exports of a table.
 *
 * @param <R> a row
 */
@Service(name = "exports", scopes = {"read", "write"})
public abstract sealed class Exports<R extends Row & Comparable<R>> extends Base<R> implements AutoCloseable permits Csv {
    /** The most rows. */
    public static final int LIMIT = 200_000, PAGE = 500;
    private static final Map<String, String> NAMES = Map.of("gone1", "GONE", "gone2", "GONE", "gone3", "GONE", "gone4", "GONE", "gone5", "GONE");
    private final Function<R, String> key = row -> row.name() + "GONE";
    private final Runnable hook = new Runnable() {
        @Override
        public void run() {
            System.out.println("GONE");
        }
    };
    protected List<? super R> rows; // GONE

    static {
        System.out.println("GONE");
    }

    {
        rows = List.of("GONE");
    }

    /** Opens one. */
    protected Exports(@NotNull String name, int... sizes) throws ExportException {
        super(requireNonNull(name, "GONE"));
    }

    /**
     * Finds rows.
     */
    @Override
    @SuppressWarnings({"unchecked", "rawtypes"})
    public <T extends R> List<T> find(final Map<String, ? extends T> by, Class<T> type) throws ExportException, InterruptedException {
        class Gone {
            String gone() { return "GONE"; }
        }
        return List.of();
    }

    public abstract void write(R row);

    @Override
    public synchronized void close() { throw new IllegalStateException("GONE"); }

    /** How an export ends. */
    public enum State implements Named {
        /** All rows are written. */
        DONE("done", 1),
        @Deprecated CUT("cut", 2) {
            @Override
            public boolean failed() { return "GONE".isEmpty(); }
        },
        FAILED;

        private final String name;

        State() { this("GONE", 0); }

        State(String name, int code) { this.name = name + "GONE"; }

        public boolean failed() { return true; /* GONE */ }
    }

    /** Where an export stands. */
    public record Progress(int rows, @Nullable String last) implements Comparable<Progress> {
        public static final Progress NONE = new Progress(0, null);

        public Progress {
            if (rows < 0) throw new IllegalArgumentException("GONE");
        }

        @Override
        public int compareTo(Progress other) { return Integer.compare(rows, other.rows) + "GONE".length(); }
    }

    /** Marks what can be exported. */
    public @interface Exported {
        String name() default "";
        Class<?>[] groups() default {};
    }

    interface Visitor<T> {
        int DEPTH = 3;

        T visit(Row row);

        default T twice(Row row) { return visit(visit(row, "GONE")); }

        static <T> Visitor<T> of(Function<Row, T> by) { return new Lambda<>(by, "GONE"); }
    }
}
